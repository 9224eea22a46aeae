import react from "@vitejs/plugin-react";

const server = process.env.RESEARCH_SERVER;

export default {
  plugins: [react()],
  server: { proxy: { "/socket.io": server, "/api": server } },
};
