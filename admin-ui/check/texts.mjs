// The four catalogues have the same keys with the same placeholders, and the sources use every key and no other.
// A key is used where a source says it whole ('today.title') or begins it in a template (`state.${…}`).
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../src', import.meta.url))
const languages = ['de', 'nl', 'fr', 'en']
const mistakes = []

const catalogues = Object.fromEntries(
  languages.map((language) => [language, JSON.parse(readFileSync(`${source}/shared/texts/${language}.json`, 'utf8'))]),
)
const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort().join()

const keys = Object.keys(catalogues.de)
for (const language of languages) {
  for (const key of keys) {
    const text = catalogues[language][key]
    if (text === undefined) mistakes.push(`${language}: ${key} is missing`)
    else if (text.trim() === '') mistakes.push(`${language}: ${key} is empty`)
    else if (placeholders(text) !== placeholders(catalogues.de[key])) mistakes.push(`${language}: ${key} has other placeholders`)
  }
  for (const key of Object.keys(catalogues[language])) {
    if (!keys.includes(key)) mistakes.push(`${language}: ${key} is not in de`)
  }
}

const files = readdirSync(source, { recursive: true }).filter((name) => /\.tsx?$/.test(name) && !name.endsWith('api_types.ts'))
const code = files.map((name) => readFileSync(`${source}/${name}`, 'utf8')).join('\n')
const whole = new Set([...code.matchAll(/['"]([a-z_]+(?:\.[a-z0-9_-]+)+)['"]/g)].map((match) => match[1]))
const anyCode = '[a-zA-Z0-9_+-]+'
const nouns = { 'noun.plural': '(proposals|offers)', 'one.plural': '(proposals|offers)', 'noun.one': '(proposal|offer)' }
const patterns = [...code.matchAll(/`((?:\$\{[^}]*\}|[a-z0-9_.-])+)`/g)]
  .map((match) => match[1])
  .filter((template) => /^([a-z_]+\.|\$\{(noun|one)\.)/.test(template) && template.includes('${'))
  .map((template) => template.replaceAll('.', '\\.').replace(/\$\{([^}]*)\}/g, (_, name) => nouns[name.replaceAll('\\', '')] ?? anyCode))
  .map((pattern) => new RegExp(`^${pattern}(\\.(one|other))?$`))

for (const key of keys) {
  const base = key.replace(/\.(one|other)$/, '')
  if (!whole.has(key) && !whole.has(base) && !patterns.some((pattern) => pattern.test(key))) mistakes.push(`${key} is not used`)
}

for (const mistake of mistakes) console.error(mistake)
console.log(`texts: ${keys.length} keys, ${languages.length} languages, ${mistakes.length} mistakes`)
process.exit(mistakes.length === 0 ? 0 : 1)
