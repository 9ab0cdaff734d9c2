/**
 * Papa Parse, loaded when the first table is read: it takes as long as a fifth of the framework, since it loads the streams of Node. The code
 * that is built for Node imports it from here; elsewhere it is imported as it is.
 */
module.exports = new Proxy({}, { get: (_, name) => require('papaparse')[name] })
