const server = process.env.RESEARCH_SERVER;

export default {
  // Else its development server copies the script to where the WebAssembly module is not.
  optimizeDeps: { exclude: ["research-socket"] },
  server: { proxy: { "/socket.io": server, "/api": server } },
};
