// One's edit of a version: of what it was made, and whether that is still what is saved.
import { useState } from "react";

export interface Saved { text: string; cases: string; revision: number }
export interface Draft { base: Saved; text: string; cases: string }

export function begun(saved: Saved): Draft {
  return { base: saved, text: saved.text, cases: saved.cases };
}

export function isChanged({ base, text, cases }: Draft): boolean {
  return text !== base.text || cases !== base.cases;
}

/** Somebody saved after what was read here. */
export function isOvertaken({ base }: Draft, saved: Saved): boolean {
  return saved.revision > base.revision;
}

/** The edit beside what is saved now: what is newer takes its place only while nothing would be lost. */
export function beside(draft: Draft, saved: Saved): Draft {
  return isOvertaken(draft, saved) && !isChanged(draft) ? begun(saved) : draft;
}

/** An edit of `book`, which is read anew now and then. */
export function useDraft(book: Saved) {
  const [kept, setKept] = useState(() => begun(book));
  const draft = beside(kept, book);
  const [isRenewed, setRenewed] = useState(false);
  if (draft !== kept) {
    setKept(draft);
    if (draft.text !== kept.text || draft.cases !== kept.cases) setRenewed(true);
  }
  const change = (part: Partial<Pick<Draft, "text" | "cases">>) => setKept((now) => ({ ...now, ...part }));
  return {
    ...draft,
    isChanged: isChanged(draft),
    isOvertaken: isOvertaken(draft, book),
    /** What stands here was put there by another's saving, and nobody has said yet that they see it. */
    isRenewed,
    seen: () => setRenewed(false),
    setText: (text: string) => change({ text }),
    setCases: (cases: string) => change({ cases }),
    /** What was sent is saved under that revision; what was typed meanwhile stays a change of it. */
    saved: (base: Saved) => setKept((now) => ({ ...now, base })),
    takeTheirs: () => setKept(begun(book)),
    /** The edit is now one of what somebody else has saved, and takes its place when it is saved. */
    keepMine: () => setKept((now) => ({ ...now, base: book })),
  };
}
