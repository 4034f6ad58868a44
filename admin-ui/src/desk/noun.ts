// Proposals and offers are one kind of thing with two descriptions; every screen of them works for both and takes what
// differs from here.
import type { Schemas } from '../shared/api'
import type { Tone } from '../shared/parts/basic'

export type Item = Schemas['Proposal'] | Schemas['Offer']
export type State = Schemas['ProposalState'] | Schemas['OfferState'] | 'other'
export type Category = Schemas['Category']

export interface Noun {
  one: 'proposal' | 'offer'
  plural: 'proposals' | 'offers'
  due: 'needed_by' | 'available_until'
  returnFavour: boolean
  states: readonly State[]
}

export const proposals: Noun = {
  one: 'proposal',
  plural: 'proposals',
  due: 'needed_by',
  returnFavour: true,
  states: ['draft', 'submitted', 'needs_information', 'prechecked', 'scheduled', 'accepted', 'seeking', 'matched', 'in_progress', 'completed', 'declined', 'withdrawn', 'expired', 'not_feasible'],
}

export const offers: Noun = {
  one: 'offer',
  plural: 'offers',
  due: 'available_until',
  returnFavour: false,
  states: ['draft', 'available', 'taken', 'withdrawn', 'expired'],
}

/** Nothing is sought or given any more, so nothing new is told to other cities. */
export const finished: ReadonlySet<State> = new Set<State>(['completed', 'declined', 'withdrawn', 'expired', 'not_feasible', 'taken'])

export const categories: readonly Category[] = ['goods', 'transport', 'space', 'expertise', 'hands', 'training', 'network']

export const dueOf = (item: Item): string | null => ('needed_by' in item ? item.needed_by : item.available_until)

const tones: Partial<Record<State, Tone>> = {
  submitted: 'warning',
  needs_information: 'warning',
  accepted: 'info',
  seeking: 'info',
  available: 'info',
  matched: 'success',
  in_progress: 'success',
  completed: 'success',
  taken: 'success',
  declined: 'danger',
  not_feasible: 'danger',
}

export const toneOf = (state: State): Tone | undefined => tones[state]
