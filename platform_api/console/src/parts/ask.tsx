// A dialog that asks before something is changed, and shows the platform's refusal where it happens.
import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type ReactNode } from "react";
import { Button, Dialog, Heading, Label, Modal, ModalOverlay, TextArea, TextField } from "react-aria-components";
import { Deed } from "./deed";
import { Trouble } from "./states";
import { useToast } from "./toast";

/** The second half of a double press falls beside the dialog that the first half opened, and closes nothing (ms). */
const DOUBLE = 500;

interface Shown<Made> {
  /** The dialog's own among all of the console, for its tests. */
  name: string;
  button: ReactNode; kind?: "primary" | "danger" | "plain"; title: string; children?: ReactNode; confirm: string;
  reason?: string; optional?: boolean; done: string | ((made: Made) => string); act: (reason: string) => Promise<Made>; disabled?: string; first?: string; wide?: boolean;
  /** Told when the dialog opens, and when it is gone. */
  onOpenChange?: (isOpen: boolean) => void;
}

/** `reason` names a text that is asked for; `disabled` says why the button cannot be pressed, `first` what has to be done in the dialog before it can be confirmed. */
export function Ask<Made>({ name, button, kind = "plain", title, children, confirm, reason, optional, done, act, disabled, first, wide, onOpenChange }: Shown<Made>) {
  const [isOpen, show] = useState(false);
  const opened = useRef(0);
  const setOpen = (open: boolean) => { if (open) opened.current = performance.now(); show(open); onOpenChange?.(open); };
  const [text, setText] = useState("");
  const toast = useToast();
  const change = useMutation({
    mutationFn: () => act(text.trim()),
    onSuccess: (made) => { setOpen(false); setText(""); toast(typeof done === "string" ? done : done(made)); },
  });
  return (
    <>
      <Deed why={disabled} look={kind === "plain" ? "" : kind} onPress={() => { change.reset(); setOpen(true); }}>{button}</Deed>
      <ModalOverlay className="shade center" isOpen={isOpen} onOpenChange={setOpen} isDismissable={!change.isPending}
        shouldCloseOnInteractOutside={() => performance.now() - opened.current > DOUBLE}>
        <Modal className={`dialog${wide ? " wide" : ""}`}>
          <Dialog className="dialog-body" data-dialog={name}>
            <Heading slot="title" level={2}>{title}</Heading>
            {children}
            {reason ? (
              <TextField className="field" value={text} onChange={setText} isRequired={!optional} autoFocus>
                <Label>{reason}</Label>
                <TextArea maxLength={2000} rows={3} />
              </TextField>
            ) : null}
            {change.isError ? <Trouble error={change.error} /> : null}
            <div className="row">
              {first ? <span className="faint" role="status">{first}</span> : null}
              <Button slot="close" className="button push" isDisabled={change.isPending}>Cancel</Button>
              <Button className={kind === "danger" ? "button danger" : "button primary"} isDisabled={change.isPending || Boolean(first) || (Boolean(reason) && !optional && text.trim() === "")}
                onPress={() => change.mutate()}>{change.isPending ? "Working…" : confirm}</Button>
            </div>
          </Dialog>
        </Modal>
      </ModalOverlay>
    </>
  );
}
