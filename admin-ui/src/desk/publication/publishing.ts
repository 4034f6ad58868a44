import type { Schemas } from '../../shared/api'
import type { Item, Noun } from '../noun'

/** What the screens of a publication are about. */
export interface Publishing {
  noun: Noun
  item: Item
  publication: Schemas['Publication']
}
