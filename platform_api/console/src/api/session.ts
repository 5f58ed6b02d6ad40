import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, told, useCsrf, type Schemas } from "./client";
import { setEnded } from "./ended";

type Session = Schemas["SessionShown"];

let who = "";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Session> => {
    const session = await told(api.GET("/v1/session"));
    // Another person has signed in meanwhile: nothing of the first one's stays on the page.
    if (who !== session.id && who !== "") window.location.reload();
    who = session.id;
    useCsrf(session.csrf_token ?? "");
    setEnded(false);
    return session;
  },
  // Asking also rotates the session's id on the server, when it is time.
  refetchInterval: 5 * 60_000,
  staleTime: 60_000,
  // Somebody may have signed in again in another tab: changes then carry another token.
  refetchOnWindowFocus: "always",
  retry: false,
});

/** Who is signed in; undefined until known. */
export function useSession(): Session | undefined {
  return useQuery(sessionQuery).data;
}
