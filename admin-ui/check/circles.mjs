// No module of the screens imports itself over however many others, and no room another that needs it. Imports of types
// count, too: a reader follows them.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../src', import.meta.url))
const files = readdirSync(source, { recursive: true }).filter((name) => /\.tsx?$/.test(name))

function importsOf(file) {
  const text = readFileSync(join(source, file), 'utf8')
  const wanted = [...text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'(\.[^']+)'/gm)].map(([, path]) => normalize(join(dirname(file), path)))
  return wanted.flatMap((path) => ['', '.ts', '.tsx'].map((ending) => path + ending).filter((name) => files.includes(name)))
}

/** The circles of a graph (Map of name → names), each once, beginning with the name that was met first. */
function circles(graph) {
  const found = []
  const done = new Set()
  const walk = (name, way) => {
    if (way.includes(name)) return void found.push([...way.slice(way.indexOf(name)), name])
    if (done.has(name)) return
    for (const next of graph.get(name)) walk(next, [...way, name])
    done.add(name)
  }
  for (const name of graph.keys()) walk(name, [])
  return found
}

/** A folder is a room; what lies above the rooms of the desk stands for itself. */
const roomOf = (file) => (dirname(file) === 'desk' ? file : dirname(file))

const modules = new Map(files.map((file) => [file, importsOf(file)]))
const rooms = new Map()
for (const [file, wanted] of modules) {
  const others = wanted.map(roomOf).filter((room) => room !== roomOf(file))
  rooms.set(roomOf(file), [...(rooms.get(roomOf(file)) ?? []), ...others])
}
const found = [...circles(modules), ...circles(rooms)]
for (const circle of found) console.error(circle.join(' → '))
console.log(`imports: ${modules.size} modules in ${rooms.size} rooms, ${found.length} circles`)
process.exit(found.length === 0 ? 0 : 1)
