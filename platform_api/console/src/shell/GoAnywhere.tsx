// Ctrl K: screens by name, and things by name or id.
import { useNavigate } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Dialog, Input, ListBox, ListBoxItem, Modal, ModalOverlay, Autocomplete, SearchField } from "react-aria-components";
import { api, told } from "../api/client";
import { PLACES } from "./places";

const ALL = PLACES.flatMap((one) => one.places);
const IDS: [RegExp, (id: string) => { to: string }][] = [
  [/^gr_[0-9A-Z]{26}$/, (id) => ({ to: `/grants/${id}` })],
  [/^ac_[0-9A-Z]{26}$/, (id) => ({ to: `/activities/${id}` })],
  [/^en_[0-9A-Z]{26}$/, (id) => ({ to: `/environments/${id}` })],
  [/^co_[0-9A-Z]{26}$/, (id) => ({ to: `/contracts/${id}` })],
];

export function GoAnywhere({ isOpen, onOpenChange }: { isOpen: boolean; onOpenChange: (open: boolean) => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const activities = useQuery({
    queryKey: ["go", "activities"],
    queryFn: () => told(api.GET("/v1/activities", { params: { query: { limit: 200 } } })),
    enabled: isOpen, staleTime: 60_000,
  });
  const typed = text.trim();
  const places = [
    ...ALL.map((place) => ({ to: place.to, label: place.label, about: "Screen", words: `${place.label} ${place.words}` })),
    ...(activities.data?.items ?? []).map((one) => ({ to: `/activities/${one.id}`, label: one.title, about: "Activity", words: `${one.title} ${one.name} ${one.id}` })),
    ...IDS.filter(([form]) => form.test(typed)).map(([, where]) => ({ ...where(typed), label: typed, about: "By its id", words: typed })),
  ];
  const go = (to: string) => { onOpenChange(false); setText(""); void navigate({ to: to as never }); };
  const shown = places.filter((one) => typed.toLowerCase().split(/\s+/).every((word) => one.words.toLowerCase().includes(word))).slice(0, 9); // as many as fit without scrolling: the list itself takes no focus
  return (
    <ModalOverlay className="shade top" isOpen={isOpen} onOpenChange={onOpenChange} isDismissable>
      <Modal className="dialog">
        <Dialog data-dialog="go-anywhere" aria-label="Go to" style={{ padding: 8 }}>
          <Autocomplete inputValue={text} onInputChange={setText}>
            <SearchField aria-label="Go to a screen, an activity or an id" autoFocus>
              <Input className="input" placeholder="A screen, an activity, an id" />
            </SearchField>
            <ListBox className="menu" aria-label="Places" items={shown.map((one) => ({ ...one, id: one.to }))} onAction={(key) => go(String(key))}
              selectionMode="none" renderEmptyState={() => <p className="faint" style={{ padding: 12 }}>Nothing of that name.</p>}>
              {(one) => <ListBoxItem id={one.to} textValue={one.label}><span className="grow">{one.label}</span><span className="faint">{one.about}</span></ListBoxItem>}
            </ListBox>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
