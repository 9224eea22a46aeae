// The one Vue of the page, for the package and the application.

export * from "vue";
