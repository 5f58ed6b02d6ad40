import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, told, useCsrf, type Schemas } from "./client";

type Session = Schemas["SessionShown"];

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Session> => {
    const session = await told(api.GET("/v1/session"));
    useCsrf(session.csrf_token ?? "");
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
