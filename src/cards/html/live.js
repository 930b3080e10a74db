// Updates the page of a running task. Progress and values are patched in place; anything else needs the page anew,
// because components are rendered where the page comes from.
(function () {
  "use strict";
  function text(root, part, value) {
    var node = root.querySelector("[data-part=" + part + "]");
    if (node) { node.textContent = value === null || value === undefined ? "" : String(value); }
  }
  function patch(node, component) {
    if (component.type === "progressBar") {
      var bar = node.querySelector("progress");
      bar.max = component.max;
      bar.value = component.value;
      text(node, "value", component.value + " / " + component.max + (component.unit ? " " + component.unit : ""));
      text(node, "details", component.details);
      return true;
    }
    if (component.type === "valueBox") {
      text(node, "value", component.value);
      text(node, "change", component.change_indicator);
      text(node, "subtitle", component.subtitle);
      return true;
    }
    return false;
  }
  var shown = {};
  window.metaflow_card_update = function (data) {
    var reload = false;
    Object.keys(data || {}).forEach(function (id) {
      var now = JSON.stringify(data[id]);
      if (shown[id] === now) { return; }
      var first = shown[id] === undefined;
      shown[id] = now;
      var node = document.getElementById(id);
      if (node && !patch(node, data[id]) && !first) { reload = true; }
    });
    if (reload) { window.location.reload(); }
    return true;
  };
  // A server of cards has the data of /card/… under /data/….
  var path = window.location.pathname;
  if (window.location.protocol.indexOf("http") !== 0 || path.indexOf("/card/") !== 0) { return; }
  function poll() {
    fetch(path.replace("/card/", "/data/") + window.location.search, { cache: "no-store" })
      .then(function (response) { return response.json(); })
      .then(function (answer) {
        var payload = answer && answer.payload;
        if (payload && payload.reload_token !== METAFLOW_RELOAD_TOKEN) { window.location.reload(); return; }
        if (payload) { window.metaflow_card_update(payload.data); }
        if (!answer || !answer.is_complete) { window.setTimeout(poll, 1000); }
      })
      .catch(function () { window.setTimeout(poll, 3000); });
  }
  window.setTimeout(poll, 1000);
})();
