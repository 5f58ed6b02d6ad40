import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useSettled } from "./settled";

interface Answered<T> {
  /** The newest answer: while another is awaited it is still that of an earlier question. */
  data: T | undefined;
  error: unknown;
  /** Whether `data` answers exactly what is asked now. */
  isCurrent: boolean;
  again: () => void;
}

/** What `ask` says of a question once it has settled, and says for that moment alone; `asked` is null while there is nothing to ask. */
export function useAnswered<T>(key: string[], asked: string | null, ask: (asked: string, signal: AbortSignal) => Promise<T>, wait?: number): Answered<T> {
  const settled = useSettled(asked, wait);
  const isSettled = asked !== null && settled === asked;
  const answer = useQuery({
    queryKey: [...key, settled], enabled: isSettled, retry: false, placeholderData: keepPreviousData,
    staleTime: 0, gcTime: 60_000, queryFn: ({ signal }) => ask(settled ?? "", signal),
  });
  return {
    data: asked === null ? undefined : answer.data,
    error: isSettled ? answer.error : null,
    isCurrent: isSettled && answer.isSuccess && !answer.isPlaceholderData,
    again: () => void answer.refetch(),
  };
}
