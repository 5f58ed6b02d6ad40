// Every address of the console. Screens are loaded when they are first gone to.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { Loading, Trouble } from "./parts/states";
import { NotHere, SignedIn, SignedOut } from "./screens/elsewhere";
import { Shell } from "./shell/Shell";

const root = createRootRoute({ notFoundComponent: NotHere });
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });
const signedIn = createRoute({ getParentRoute: () => root, path: "/signed-in", component: SignedIn });
const signedOut = createRoute({ getParentRoute: () => root, path: "/signed-out", component: SignedOut });

type Screen = () => Promise<{ default: ComponentType }>;

function screen<Path extends string>(path: Path, load: Screen) {
  return createRoute({
    getParentRoute: () => shell,
    path,
    component: lazyRouteComponent(load, "default"),
    // Filters are plain text in the URL; each screen reads those that it knows.
    validateSearch: (found: Record<string, unknown>): Record<string, string> =>
      Object.fromEntries(Object.entries(found).flatMap(([key, value]) => (typeof value === "string" || typeof value === "number" ? [[key, String(value)]] : []))),
  });
}

const tree = root.addChildren([
  signedIn,
  signedOut,
  shell.addChildren([
    screen("/", () => import("./screens/dashboard/Dashboard")),
    screen("/approvals", () => import("./screens/approvals/Approvals")),
    screen("/grants", () => import("./screens/access/Grants")),
    screen("/grants/$grantId", () => import("./screens/access/Grant")),
    screen("/requests/$requestId", () => import("./screens/access/RequestPage")),
    screen("/request", () => import("./screens/access/Request")),
    screen("/graph", () => import("./screens/graph/Graph")),
    screen("/rules", () => import("./screens/rules/Rules")),
    screen("/rules/$version", () => import("./screens/rules/Rulebook")),
    screen("/rules/$version/impact", () => import("./screens/rules/ImpactPage")),
    screen("/bench", () => import("./screens/bench/Bench")),
    screen("/contracts", () => import("./screens/contracts/Contracts")),
    screen("/contracts/desk", () => import("./screens/contracts/ContractDesk")),
    screen("/contracts/$contractId", () => import("./screens/contracts/Contract")),
    screen("/activities", () => import("./screens/registry/Activities")),
    screen("/activities/new", () => import("./screens/registry/Register")),
    screen("/activities/$activityId", () => import("./screens/registry/Activity")),
    screen("/environments/$environmentId", () => import("./screens/registry/Environment")),
    screen("/data", () => import("./screens/registry/Data")),
    screen("/audit", () => import("./screens/audit/Audit")),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  defaultPreload: "intent",
  defaultPendingComponent: Loading,
  defaultErrorComponent: ({ error }) => <Trouble error={error} />,
  defaultNotFoundComponent: NotHere,
  scrollRestoration: true,
  // Plain `?state=active` instead of JSON in the URL: a link that people can read and send.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(Object.entries(search).filter(([, v]) => v !== undefined && v !== "") as [string, string][]).toString();
    return text ? `?${text}` : "";
  },
});

declare module "@tanstack/react-router" {
  interface Register { router: typeof router }
}
