/** A template that `build/handlebars.mjs` has precompiled. */
declare module '*.hbs' {
  const render: (view: object) => string;
  export default render;
}
