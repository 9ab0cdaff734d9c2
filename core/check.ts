/** The checks that node definitions use, under one name: `check.positiveInteger({ units })`. */
export {
  boolean,
  broadcastPorts,
  finiteNumber,
  fraction,
  integer,
  knownOptions,
  lastAxis,
  nonNegativeNumber,
  oneOf,
  positiveInteger,
  positiveNumber,
  samePorts,
  sampleShape,
  text,
} from './checks.ts'
