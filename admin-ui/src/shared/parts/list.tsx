// The frame of every list: how many were found, what to do when none, and «load more».
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { number } from '../format'
import type { Loaded, LoadedList } from '../load'
import { announce } from '../say'
import { t, tn, type TextKey } from '../texts'
import { Button, Loading, ProblemAlert } from './basic'

type CountKey = TextKey extends infer K ? (K extends `${infer B}.other` ? B : never) : never

interface ListProps<T> {
  list: LoadedList<T>
  count: CountKey
  empty: ComponentChildren
  children: (items: T[]) => ComponentChildren
}

const moreThan = (n: number) => t('list.more_than', { n: number(n) })

export function List<T>({ list, count, empty, children }: ListProps<T>) {
  const page = list.data.value
  const found = page && tn(count, page.total, page.total_is_bound ? { n: moreThan(page.total) } : {})
  useEffect(() => {
    if (found) announce(found)
  }, [found])
  if (!page) return list.problem.value ? <ProblemAlert problem={list.problem.value} retry={() => void list.reload()} /> : <Loading />
  return (
    <>
      <ProblemAlert problem={list.problem.value} retry={() => void list.reload()} />
      <p class="count">{found}</p>
      {page.items.length === 0 ? empty : children(page.items)}
      {page.next && (
        <div class="more">
          <Button icon="arrow-down" onClick={() => void list.more()}>{t('list.more', { shown: page.items.length, total: page.total_is_bound ? moreThan(page.total) : page.total })}</Button>
        </div>
      )}
    </>
  )
}

/** Shows what was loaded, or that it is being loaded, or why it could not be. */
export function Shown<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
  if (of.data.value !== null) {
    return (
      <>
        <ProblemAlert problem={of.problem.value} retry={() => void of.reload()} />
        {children(of.data.value)}
      </>
    )
  }
  return of.problem.value ? <ProblemAlert problem={of.problem.value} retry={() => void of.reload()} /> : <Loading />
}
