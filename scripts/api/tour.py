"""A client generated from the document does what people do: register, log in, sell, top up, order, be refused, be refunded."""

import importlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from server import PASSWORD

PACKAGE = "marketplace_client"


# The generator knows bytes under this name only.
PICTURES = {"image/jpeg": "application/octet-stream", "image/png": "application/octet-stream"}


def take(server):
    with tempfile.TemporaryDirectory() as directory:
        generate(server.document(), pathlib.Path(directory))
        sys.path.insert(0, directory)
        Tour(server).take()
        sys.path.remove(directory)
    server.audit()


def generate(document, directory):
    path = directory / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    config = directory / "config.json"
    config.write_text(json.dumps({"post_hooks": [], "content_type_overrides": PICTURES}), encoding="utf-8")
    generator = pathlib.Path(sys.executable).with_name("openapi-python-client")
    command = [generator, "generate", "--path", path, "--config", config, "--meta", "none", "--fail-on-warning"]
    made = subprocess.run([*command, "--output-path", directory / PACKAGE], capture_output=True, text=True)
    if made.returncode != 0:
        raise SystemExit(f"no client can be generated:\n{made.stdout}{made.stderr}")


class Tour:
    def __init__(self, server):
        self.server = server
        self.models = importlib.import_module(f"{PACKAGE}.models")
        self.client = importlib.import_module(f"{PACKAGE}.client")

    def call(self, tag, operation, expected, token=None, **arguments):
        """Calls an operation of the generated client. Returns the parsed answer."""
        module = importlib.import_module(f"{PACKAGE}.api.{tag}.{operation}")
        client = (
            self.client.AuthenticatedClient(base_url=self.server.url, token=token)
            if token
            else self.client.Client(base_url=self.server.url)
        )
        answer = module.sync_detailed(client=client, **arguments)
        assert answer.status_code == expected, f"{operation}: {answer.status_code} {answer.content!r}"
        return answer.parsed

    def join(self, name):
        """Registers a user and logs them in. Returns their login."""
        email, models = f"{name}@example.com", self.models
        body = models.RegisterRequest(name=name, email=email, password=PASSWORD)
        user = self.call("users", "register_user", 201, body=body)
        assert user.email == email
        return self.log_in(email)

    def log_in(self, email):
        body = self.models.LoginRequest(email=email, password=PASSWORD)
        return self.call("users", "log_in", 200, body=body)

    def take(self):
        models = self.models
        seller, buyer = self.join("grace"), self.join("ada")
        body = models.RefreshTokenRequest(refresh_token=buyer.refresh_token)
        buyer = self.call("users", "refresh_login", 200, body=body)

        price = models.PriceMoney(amount=1299, currency=models.Currency.USD)
        body = models.CreateProduct(name="Desk lamp", description="", price=price, stock=5, category="Home")
        lamp = self.call("products", "create_product", 201, seller.token, body=body)
        # A client sends what is left out as null.
        body = models.UpdateProduct(id=lamp.id, name=None, description=None, price=1199, stock=None, category=None)
        lamp = self.call("products", "update_product", 200, seller.token, body=body)
        page = self.call("products", "list_products", 200, buyer.token, q="lamp", sort=models.ListProductsSort.RELEVANCE, limit=10)
        assert [item.id for item in page.items] == [lamp.id] and page.next_cursor is None
        assert page.items[0].price.amount == 1199

        lines = [models.OrderLineRequest(product_id=lamp.id, quantity=2)]
        order = models.OrderOfLines(items=lines)
        declined = self.call("orders", "create_order", 402, buyer.token, body=order)
        assert declined.code == "insufficient_funds" and declined.order.total.amount == 2398, declined

        credit = models.CreditWallet(amount=5000, currency=None, reference=None, user_id=None)
        paid_in = self.call("wallet", "credit_wallet", 201, buyer.token, body=credit, idempotency_key="tour")
        again = self.call("wallet", "credit_wallet", 201, buyer.token, body=credit, idempotency_key="tour")
        assert paid_in == again and paid_in.balance_after == 5000

        short_form = models.OrderOfOneProduct(product_id=lamp.id, quantity=2)
        paid = self.call("orders", "create_order", 201, buyer.token, body=short_form, prefer="wait=30")
        assert paid.status == models.OrderState.PAID and paid.total.amount == 2398
        self.call("orders", "create_order", 409, buyer.token, body=models.OrderOfLines(
            items=[models.OrderLineRequest(product_id=lamp.id, quantity=4)]))
        page = self.call("orders", "list_orders_of_user", 200, buyer.token, id=buyer.user.id, status=models.OrderState.PAID)
        assert [item.id for item in page.items] == [paid.id]
        assert self.available(buyer) == 2602

        # Only an operator refunds.
        refused = self.call("orders", "compensate_order", 403, buyer.token, id=paid.id)
        assert refused.code == "forbidden"
        self.join("olga")
        self.server.grant("olga@example.com", "admin")
        operator = self.log_in("olga@example.com")
        self.call("orders", "compensate_order", 200, operator.token, id=paid.id)
        deadline = time.monotonic() + 30
        while self.call("orders", "show_order", 200, buyer.token, id=paid.id).status != models.OrderState.REFUNDED:
            assert time.monotonic() < deadline, "the order is not refunded"
            time.sleep(0.05)
        assert self.available(buyer) == 5000
        kinds = [entry.type_ for entry in self.call("wallet", "wallet_transactions", 200, buyer.token).items]
        assert kinds == ["order_refund", "order_payment", "credit"], kinds

    def available(self, login):
        return self.call("wallet", "wallet_balance", 200, login.token).available
