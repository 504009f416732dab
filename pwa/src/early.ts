/** What a phone at the door shows is fetched while everything else is still being made ready: `main.ts` asks for this first. */
if (location.hash.startsWith('#/event/')) import('./ui/door/RosterScreen.svelte').catch(() => {});
