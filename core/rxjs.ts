/**
 * What the framework takes of RxJS at run time. In Node, the built code imports it from here: the whole of RxJS has 200 files, which take
 * longer to load than everything else together. They are the same classes as those of a program that imports `rxjs`.
 */
export { config } from 'rxjs/internal/config'
export { firstValueFrom } from 'rxjs/internal/firstValueFrom'
export { Observable } from 'rxjs/internal/Observable'
export { interval } from 'rxjs/internal/observable/interval'
export { timer } from 'rxjs/internal/observable/timer'
export { filter } from 'rxjs/internal/operators/filter'
export { map } from 'rxjs/internal/operators/map'
export { take } from 'rxjs/internal/operators/take'
export { takeUntil } from 'rxjs/internal/operators/takeUntil'
export { Subject } from 'rxjs/internal/Subject'
export { Subscriber } from 'rxjs/internal/Subscriber'
export { Subscription } from 'rxjs/internal/Subscription'
export { asyncScheduler } from 'rxjs/internal/scheduler/async'
export { isObservable } from 'rxjs/internal/util/isObservable'
