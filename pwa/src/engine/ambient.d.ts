// Vite's own declarations bring in the DOM, which a worker does not have.
declare module '*?url' {
  const url: string;
  export default url;
}
