/** The type check of the project runs without the peers installed. */
declare module '@jax-js/jax'
declare module '@tensorflow/tfjs'
declare module '@tensorflow/tfjs-backend-wasm'
