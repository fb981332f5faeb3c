"""A short journey through the pages of a demo marketplace in a real browser: journey.py URL [DIRECTORY FOR SCREENSHOTS].

A visitor browses, a buyer orders and looks at the order and the wallet, a seller and the operator look at theirs; at 360 and at 1280 pixels.
Fails on an error in the console, a request to another origin, a page that is wider than the screen, or anything that axe finds.
"""

import sys
from pathlib import Path
from urllib.parse import urlparse

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

PASSWORD = "demo-password"


class Journey:
    def __init__(self, page: Page, url: str, width: int, shots: Path | None):
        self.page, self.url, self.width, self.shots = page, url, width, shots
        self.faults: list[str] = []
        page.on("console", lambda message: self.note(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda request: self.asked(request.url))

    def note(self, kind: str, text: str) -> None:
        if kind == "error":
            self.faults.append(f"console at {self.page.url}: {text}")

    def asked(self, url: str) -> None:
        if not url.startswith("data:") and urlparse(url).netloc != urlparse(self.url).netloc:
            self.faults.append(f"a request to {url}")

    def look(self, name: str) -> None:
        """Checks the page that is shown."""
        page = self.page
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.faults.append(f"{name} is {wide} px wider than the screen of {self.width}")
        found = Axe().run(page)
        for violation in found.response["violations"]:
            places = [node["html"][:120] for node in violation["nodes"][:3]]
            self.faults.append(f"axe on {name}: {violation['id']}: {places}")
        if self.shots:
            page.screenshot(path=self.shots / f"{name}-{self.width}.png", full_page=True)

    def open(self, path: str, name: str) -> None:
        answer = self.page.goto(self.url + path)
        if answer is None or answer.status != 200:
            self.faults.append(f"{path}: {answer and answer.status}")
        self.look(name)

    def log_in(self, email: str) -> None:
        self.page.goto(self.url + "/login")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button.primary")
        self.page.wait_for_url(self.url + "/")

    def log_out(self) -> None:
        self.page.goto(self.url + "/account")
        self.page.click("form[action='/logout'] button")
        self.page.wait_for_url("**/?done=logged_out")

    def shop(self) -> None:
        page = self.page
        self.open("/", "home")
        self.open("/browse?stock=1", "browse")
        page.click(".more a")
        page.locator("#results .card").nth(24).wait_for()
        self.open("/browse?category=books&sort=best_selling", "browse-books")
        page.goto(self.url + "/browse?stock=1")
        page.click("#results .card a")
        page.wait_for_url("**/products/*")
        self.look("product")
        page.click("form[action='/cart/add'] button")
        self.look("cart")
        self.open("/login", "login")
        self.open("/register", "register")
        self.log_in("gita@demo.example")
        page.goto(self.url + "/wallet")
        page.fill("[name=amount]", "2000")
        page.click("form[action='/wallet'] button")
        self.look("wallet")
        self.open("/checkout", "checkout")
        page.click("form[action='/checkout'] button.primary")
        page.wait_for_url("**/orders/*")
        self.look("order")
        self.open("/orders", "orders")
        self.open("/returns", "returns")
        self.open("/disputes", "disputes")
        self.open("/account", "account")
        self.open("/account/addresses/new", "address")
        self.log_out()

    def sell(self) -> None:
        page = self.page
        self.log_in("ada@demo.example")
        for path, name in [
            ("/sell", "sell"), ("/sell/products", "sell-products"), ("/sell/products/new", "sell-new"),
            ("/sell/orders", "sell-orders"), ("/sell/money", "sell-money"), ("/sell/returns", "sell-returns"),
            ("/sell/disputes", "sell-disputes"), ("/sell/profile", "sell-profile"),
        ]:
            self.open(path, name)
        page.goto(self.url + "/sell/products?status=active")
        product = page.get_attribute("tbody th a", "href")
        for path in ("", "/variants", "/images", "/stock"):
            self.open(f"{product}{path}", f"sell-product{path.replace('/', '-')}")
        page.goto(self.url + "/sell/orders")
        page.click(".rows a")
        self.look("sell-order")
        if page.locator("a[href$='/slip']").count():
            page.click("a[href$='/slip']")
            self.look("slip")
        # Ada has bought something, too, and sends some of it back.
        page.goto(self.url + "/returns?status=approved")
        page.click(".rows a")
        self.comment("I can send a picture.")
        self.look("order-return")
        self.log_out()

    def comment(self, text: str) -> None:
        page = self.page
        page.locator("[name=text]").first.fill(text)
        page.locator("form[action$='/comments'] button").first.click()
        page.wait_for_url("**done=commented")

    def operate(self) -> None:
        page = self.page
        self.log_in("operator@demo.example")
        self.open("/operate", "operate")
        self.open("/operate/orders", "operate-orders")
        page.click(".rows a")
        self.look("operate-order")
        self.open("/operate/returns", "operate-returns")
        self.open("/operate/disputes?status=open", "operate-disputes")
        page.click(".rows a")
        self.comment("Who packed it?")
        self.look("operate-dispute")
        self.open("/operate/listings", "operate-listings")
        page.click(".rows a")
        page.fill("[name=reason]", "Not for sale here")
        page.click("form[action$='/takedown'] button")
        page.wait_for_url("**done=takedown")
        self.look("operate-listing")
        self.open("/operate/listings/taken-down", "operate-taken-down")
        self.open("/operate/audit", "audit-before")
        page.click("form[action='/operate/audit'] button")
        page.wait_for_selector("#report dl")
        self.look("audit")
        self.log_out()


def main() -> None:
    url = sys.argv[1].rstrip("/")
    shots = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    chromium = sys.argv[3] if len(sys.argv) > 3 else "/usr/bin/chromium"
    faults = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for width, scheme in [(360, "light"), (1280, "dark")]:
            context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="en-GB")
            context.set_default_timeout(15_000)
            journey = Journey(context.new_page(), url, width, shots)
            for part in (journey.shop, journey.sell, journey.operate):
                part()
            faults += [f"{width} px: {fault}" for fault in journey.faults]
            context.close()
        browser.close()
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


main()
