/** Everything a test needs. */
export * from './basics.mjs';
export * from './chain.mjs';
export * from './client.mjs';
export * from './entries.mjs';
export * from './errors.mjs';
export * from './heads.mjs';
export * from './json-profile.mjs';
export * from './keys.mjs';
export * from './pages.mjs';
export * from './signatures.mjs';
export { ForeignNode, LIMITS, backoff } from './foreign-node.mjs';
export { readPagesQuery } from './server.mjs';
export * from './testing.mjs';
