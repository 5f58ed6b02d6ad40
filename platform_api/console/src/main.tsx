import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./look/tokens.css";
import "./look/base.css";
import "./look/parts.css";
import "./look/shell.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { watch } from "./api/attended";
import { Problem } from "./api/client";
import { ToastArea } from "./parts/toast";
import { router } from "./routes";
import { applyTheme } from "./shell/theme";

applyTheme();
watch();

const queries = new QueryClient({
  defaultOptions: {
    // The browser's word on whether there is a network says nothing of a platform on this machine or in this house.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 5_000,
      retry: (count, error) => !(error instanceof Problem && error.status < 500) && count < 2,
    },
  },
});

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no place for the console");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <ToastArea><RouterProvider router={router} /></ToastArea>
    </QueryClientProvider>
  </StrictMode>,
);
