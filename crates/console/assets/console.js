// What a browser with JavaScript gets beyond plain links and forms. Nothing depends on it.
"use strict";

// Times in the browser's own zone.
function localTimes(root) {
  const lang = document.documentElement.lang;
  const locale = navigator.language.startsWith(lang) ? navigator.language : lang;
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = format.format(at);
  }
}

document.addEventListener("DOMContentLoaded", () => localTimes(document));
document.addEventListener("htmx:load", (event) => localTimes(event.detail.elt.parentElement ?? event.detail.elt));

// A choice is sent as soon as it is made, or presses the button that it names.
document.addEventListener("change", (event) => {
  if ("press" in event.target.dataset) document.getElementById(event.target.dataset.press).click();
  const form = event.target.form;
  if (form && "auto" in form.dataset && event.target.matches("select, [type=checkbox]")) form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("confirm" in form.dataset && !window.confirm(form.dataset.confirm)) {
    event.preventDefault();
    return;
  }
  // The server takes a repeat for the same; this only shows that the form is on its way. The pressed button is read first.
  if (form.method === "post" && !form.hasAttribute("hx-post")) {
    setTimeout(() => {
      for (const button of form.querySelectorAll("button")) button.disabled = true;
    });
  }
});

// The address of a list says what was filled in only.
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

// A page that comes back from the browser's memory has its buttons again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});

// Typing into a new address chooses it.
document.addEventListener("input", (event) => {
  const details = event.target.closest("fieldset details");
  const choice = details?.parentElement.querySelector("input[type=radio][value=new]");
  if (choice) choice.checked = true;
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
