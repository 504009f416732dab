//! The territories that are reached, as the server counts them.
import type { Territory } from './lists.svelte';

export interface Reached extends Territory {
  events: number;
  seats: number;
  origins: number;
  projects: number;
  people: number;
  communes: Record<string, number>;
}
