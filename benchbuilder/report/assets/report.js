/* Two comforts; every page reads without them: a theme that is remembered, and a board that can be searched (?q=). */
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("has-script");

  function stored(value) {
    try {
      if (value) localStorage.setItem("benchbuilder-theme", value);
      return localStorage.getItem("benchbuilder-theme");
    } catch (error) {
      return value || null; /* a browser may refuse storage to pages from disk */
    }
  }

  function show(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  }

  function watchTheme(button) {
    button.addEventListener("click", function () {
      var isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      var theme = isDark ? "light" : "dark";
      stored(theme);
      show(theme);
    });
  }

  function watchSearch(input) {
    var rows = Array.from(document.querySelectorAll("table.board tbody tr"));
    var status = document.getElementById("found");

    function search() {
      var wanted = input.value.trim().toLowerCase();
      var count = 0;
      rows.forEach(function (row) {
        row.hidden = !row.dataset.name.includes(wanted);
        if (!row.hidden) count += 1;
      });
      status.textContent = wanted ? count + " of " + rows.length : "";
      try {
        var address = new URL(location.href);
        if (wanted) address.searchParams.set("q", wanted);
        else address.searchParams.delete("q");
        history.replaceState(null, "", address);
      } catch (error) { /* the address bar then stays as it is */ }
    }

    input.value = new URLSearchParams(location.search).get("q") || "";
    input.addEventListener("input", search);
    document.addEventListener("keydown", function (event) {
      var isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName || "");
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        input.focus();
      }
    });
    if (input.value) search();
  }

  show(stored());
  document.addEventListener("DOMContentLoaded", function () {
    var button = document.getElementById("theme");
    var input = document.getElementById("find");
    if (button) watchTheme(button);
    if (input) watchSearch(input);
  });
})();
