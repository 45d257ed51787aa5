;; A worker in WebAssembly text: it has the text of a file read, and returns what was read.
;; The task takes {"path": …} and returns a text; both go through as the JSON that they are.
(module
  (import "ioi" "ask" (func $ask (param i32 i32) (result i32)))
  (import "ioi" "say" (func $say (param i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "{\"target\":\"fs::read\",\"params\":")
  (data (i32.const 64) "{\"kind\":\"returned\",\"output\":")
  (data (i32.const 128) "{\"kind\":\"raised\",\"code\":\"refused\",\"message\":\"the step was not done\"}")
  ;; Where the next text goes: nothing is given back, for a task ends with its memory.
  (global $next (mut i32) (i32.const 4096))

  (func $alloc (export "ioi_alloc") (param $length i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.add (local.get $at) (local.get $length)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $next) (i32.shl (memory.size) (i32.const 16))))
      (br_if $fits (i32.ne (i32.const -1) (memory.grow
        (i32.add (i32.shr_u (local.get $length) (i32.const 16)) (i32.const 1)))))
      unreachable)
    (local.get $at))

  (func $copy (param $to i32) (param $from i32) (param $length i32)
    (loop $more
      (if (local.get $length) (then
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (i32.store8 (i32.add (local.get $to) (local.get $length))
          (i32.load8_u (i32.add (local.get $from) (local.get $length))))
        (br $more)))))

  ;; The text at $head, then the text at $at, then "}": a new text of $head + $length + 1 bytes.
  (func $wrapped (param $head i32) (param $size i32) (param $at i32) (param $length i32) (result i32)
    (local $to i32)
    (local.set $to (call $alloc
      (i32.add (i32.add (local.get $size) (local.get $length)) (i32.const 1))))
    (call $copy (local.get $to) (local.get $head) (local.get $size))
    (call $copy (i32.add (local.get $to) (local.get $size)) (local.get $at) (local.get $length))
    (i32.store8 (i32.add (i32.add (local.get $to) (local.get $size)) (local.get $length))
      (i32.const 125))
    (local.get $to))

  (func (export "ioi_begin") (param $task i32) (param $tasks i32) (param $at i32) (param $length i32)
    (drop (call $ask
      (call $wrapped (i32.const 16) (i32.const 30) (local.get $at) (local.get $length))
      (i32.add (local.get $length) (i32.const 31)))))

  ;; {"kind":"done","output":"…", …}: the text after the ninth quote, with its quotes.
  (func (export "ioi_settle") (param $index i32) (param $at i32) (param $length i32)
    (local $from i32) (local $to i32)
    ;; The letter after {"kind":" says whether it was done.
    (if (i32.ne (i32.load8_u (i32.add (local.get $at) (i32.const 9))) (i32.const 100)) (then
      (call $say (i32.const 128) (i32.const 68))
      return))
    (local.set $from (i32.add (local.get $at) (i32.const 24)))
    (local.set $to (i32.add (local.get $from) (i32.const 1)))
    (block $end
      (loop $next
        (br_if $end (i32.eq (i32.load8_u (local.get $to)) (i32.const 34)))
        (if (i32.eq (i32.load8_u (local.get $to)) (i32.const 92)) (then
          (local.set $to (i32.add (local.get $to) (i32.const 1)))))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (local.set $length (i32.add (i32.sub (local.get $to) (local.get $from)) (i32.const 1)))
    (call $say
      (call $wrapped (i32.const 64) (i32.const 28) (local.get $from) (local.get $length))
      (i32.add (local.get $length) (i32.const 29)))))
