// What waits for the reader: the number in the navigation and the list of Heute are one answer of the node.
import { createContext } from 'preact'
import type { Schemas } from '../shared/api'
import type { Loaded } from '../shared/load'

/** Given by the frame; null around it. */
export const Waiting = createContext<Loaded<Schemas['Today']> | null>(null)
