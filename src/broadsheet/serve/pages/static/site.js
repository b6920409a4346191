// Keys, and where the eye goes after a part of a page has changed. Every page works without this.
(() => {
  const places = { t: "/", s: "/search", a: "/ask", n: "/needs", r: "/reader", u: "/runs" };
  let before = "";
  const isTyping = (at) => at instanceof HTMLElement && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
  const step = (way) => {
    const all = [...document.querySelectorAll("main article, main [data-step]")].filter((one) => one.offsetParent !== null);
    if (!all.length) return;
    const now = all.findIndex((one) => one === document.activeElement || one.contains(document.activeElement));
    const next = all[Math.min(all.length - 1, Math.max(0, now < 0 ? 0 : now + way))];
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "start" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const was = before;
    before = "";
    if (was === "g" && places[event.key]) {
      location.assign(places[event.key]);
    } else if (event.key === "g") {
      before = "g";
    } else if (event.key === "/") {
      event.preventDefault();
      const field = document.querySelector("main input[type=search], main [data-first], main textarea");
      if (field) field.focus();
      else location.assign("/search");
    } else if (event.key === "j" || event.key === "k") {
      step(event.key === "j" ? 1 : -1);
    }
  });
  document.addEventListener("htmx:sendError", () => {
    document.getElementById("said").textContent = "The server does not answer. Nothing was recorded; try again.";
  });
  // The button that was pressed may be gone with the part that it stood in: go on from where its successor is.
  document.addEventListener("htmx:afterSettle", (event) => {
    const at = event.target.matches("[data-focus]") ? event.target : event.target.querySelector("[data-focus]");
    if (at) at.focus();
  });
  const picture = document.querySelector("input[type=file][data-drop]");
  if (picture) {
    const around = picture.closest("label, fieldset, form");
    ["dragenter", "dragover"].forEach((name) => around.addEventListener(name, () => around.classList.add("over")));
    ["dragleave", "drop"].forEach((name) => around.addEventListener(name, () => around.classList.remove("over")));
    document.addEventListener("paste", (event) => {
      const found = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
      if (!found) return;
      const held = new DataTransfer();
      held.items.add(found);
      picture.files = held.files;
      picture.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
})();
