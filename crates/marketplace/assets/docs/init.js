// Shows the server's own document. Nothing here, nor in what it loads, asks any other host.
SwaggerUIBundle({
  url: "/api/openapi.json",
  dom_id: "#api",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  filter: true,
  persistAuthorization: true, // a reload keeps the token, in this browser's local storage
  tryItOutEnabled: true,
  validatorUrl: null, // the default would send the document to a public validator
});
