/*
 * What every screen is built of. Colours and sizes are in `styles/tokens.css`; `.stack`, `.cluster`, `.soft`, `.small`, `.number` and
 * `.visually-hidden` in `styles/base.css`. No `style=` attribute anywhere (Content-Security-Policy); directions are logical.
 *
 *   Page             <Page title back?: Route actions? sticky? foot?> the bar with the heading, then the content; every screen is one
 *   Button           variant primary|secondary|quiet|danger, icon?, wide?, href? (then a link)
 *   IconButton       icon, label, href? or onclick
 *   Icon             name (icons.json: add one there, by its Lucide name), label?, size text|normal|large
 *   TextField        label, bind:value, hint?, error?, optional?, lines? (then a textarea), bind:element?, any input attribute
 *   SelectField      label, bind:value, choices: Choice[], empty?, hint?, error?, optional?
 *   SegmentedControl legend, legendHidden?, bind:value, choices: Choice[], hint?, error?, onchange? — few choices, all in sight
 *   CheckField       label, bind:checked, error?
 *   SearchField      label, bind:value, found? (the number found, in words)
 *   WordsField       label, choices: Choice[], chosen: string[], hint?, error?, onkeep — several of a few words
 *   FileField        label, accept, hint?, onchoose
 *   Field            label, hint?, error?, optional?, control snippet ({ id, describedBy, invalid }) — for any other control
 *   FieldError       id, error
 *   Chips            label, chips, chosen?, onchoose — usual answers, one tap each
 *   Card             href? — a box, or one big link
 *   List, ListRow    <List><li><ListRow title detail? leading? trailing? href?|onclick? /></li></List>
 *   Badge            tone plain|argan|olive|ochre|terracotta|indigo, icon?
 *   StatusChip       status — of a mark
 *   SaveState        where phone|server|nowhere, brief?
 *   Dialog           title, bind:open, actions?, onclose? — a sheet from below on phones
 *   Notice           tone info|warn|error|done, title?, alert?, ondismiss?
 *   EmptyState       icon, title, text?
 *   VirtualList      items, key, row snippet, label — thousands of rows, only those in sight are drawn
 *   ScrolledTable    label — the frame of a table, which scrolls sideways; `end` is the class of what stands at a cell's end
 *   SortButton       label, way up|down|null, onclick — the heading of a column that sorts
 *   ShareBar         share, was?, tone? — a bar beside its number
 *   PickerField      label, chosen, prompt, onclick — looks like a field and opens a choice that is too long for a select
 *   LongText         labelledBy, text, attach, describedBy?, fill? — a text area that grows with its text
 *   WholeScreen      title, titleId, done, bind:open, foot? — one thing on the whole screen
 *   VisuallyHidden   for screen readers alone
 *   say(text, tone?) a toast, told to screen readers politely
 *
 * `App.svelte` loads each screen by its route (`ui/router.ts`: `hrefOf`, `router.go`, `router.back`) from a file named after it
 * (`dossier/DossiersScreen`, `dossier/DossierScreen { dossier }`, `desk/QuestionsScreen`, `desk/RecordScreen { document }`,
 * `sync/SyncScreen`). Words come from `i18n`.
 */
export { default as Badge } from './Badge.svelte';
export { default as Button } from './Button.svelte';
export { default as Card } from './Card.svelte';
export { default as CheckField } from './CheckField.svelte';
export { default as Chips } from './Chips.svelte';
export { default as Dialog } from './Dialog.svelte';
export { default as EmptyState } from './EmptyState.svelte';
export { default as Field } from './Field.svelte';
export { default as FieldError } from './FieldError.svelte';
export { default as FileField } from './FileField.svelte';
export { default as Icon } from './Icon.svelte';
export { default as IconButton } from './IconButton.svelte';
export { default as List } from './List.svelte';
export { default as ListRow } from './ListRow.svelte';
export { default as LongText } from './LongText.svelte';
export { default as Notice } from './Notice.svelte';
export { default as Page } from './Page.svelte';
export { default as PickerField } from './PickerField.svelte';
export { default as SaveState } from './SaveState.svelte';
export { default as ScrolledTable } from './ScrolledTable.svelte';
export { default as SearchField } from './SearchField.svelte';
export { default as SegmentedControl } from './SegmentedControl.svelte';
export { default as SelectField } from './SelectField.svelte';
export { default as ShareBar } from './ShareBar.svelte';
export { default as SortButton } from './SortButton.svelte';
export { default as StatusChip } from './StatusChip.svelte';
export { default as TextField } from './TextField.svelte';
export { default as VirtualList } from './VirtualList.svelte';
export { default as VisuallyHidden } from './VisuallyHidden.svelte';
export { default as WholeScreen } from './WholeScreen.svelte';
export { default as WordsField } from './WordsField.svelte';
export type { Choice } from './choice';
export { say } from './toasts.svelte';
