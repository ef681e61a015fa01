/* Draws the reference of the API from its OpenAPI document. The key that somebody tries it with is kept nowhere. */
"use strict";

(() => {
  const place = document.getElementById("api-reference");
  const root = document.documentElement;
  const followTheme = () => root.classList.toggle("dark-mode", root.dataset.bsTheme === "dark");
  new MutationObserver(followTheme).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });
  followTheme();
  window.SwaggerUIBundle({
    url: place.dataset.openapi,
    domNode: place,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    // With it the name of each operation is a link inside its button, which a screen reader cannot reach.
    deepLinking: false,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    persistAuthorization: false,
    validatorUrl: null,
  });
})();
