/// A policy with every key at least once.
let everyKey = #"""
    apiVersion: cgwarden/v1
    kind: Policy
    defaults:
      interval: 2s
      rate_window: 10s
      hysteresis: 20%
      cooldown: 1m
      drift: report
      dry_run: true
      allow_kill: true
      allow_irreversible: true
      allow_kubelet: true
      restore_on_exit: false
      missing: error
    protect:
      - /system.slice/important-*.service
    protect_override:
      - /system.slice/docker.service
    groups:
      web:
        path:
          - /web/*
          - "/{a,b}/**"
        exclude: /web/no
        unit: web@*.service
        container:
          runtime: docker
          name: web-*
          id: "[0-9a-f]*"
          image: nginx:*
          label:
            tier: front
        xattr:
          trusted.role: web
          user.cgwarden.role: web
        uid: 1000
        comm: nginx
        kind: leaf
        populated: any
        nested: outermost
      db:
        unit: db.service
        populated: false
    pools:
      reserved:
        cpus: 0
      fast:
        count: 25%host
        exclusive: true
        numa: prefer
        smt: whole_core
        fallback: shared
        others:
          - db
    hooks:
      call:
        exec:
          - /bin/call
          - "a b\tc"
        timeout: 10s
        user: nobody
    sinks:
      log:
        journald:
      web:
        webhook:
          url: https://example.org/x?y=1
          token_file: /etc/token
          timeout: 1s
    budgets:
      kill: 2/1m
      freeze: 5/10s
      write_per_group: 20/m
      write: 100/m
      hook: 1/s
    limits:
      - on: web
        together: true
        set:
          memory.max: 20%host
          memory.memsw.max: 16GiB
          cpu.max: 150%cpu
          cpu.weight: 50
          cpuset.pool: fast
          pids.max: max
          hugetlb.2MB.max: 64MiB
          io.max.rbps[/dev/vda]: 20MiB/s
          io.max.wiops[/dev/vda]: 500/s
          io.latency.target[/dev/vda]: 10ms
          io.weight.device[/dev/vda]: 200
          io.max.wbps[8:0]: 1MB/s
          devices:
            deny:
              - a
            allow:
              - c 1:3 rwm
        v1:
          set:
            net_cls.classid: "1:1"
            net_prio.ifpriomap[eth0]: 3
        v2:
          set:
            memory.low: 1GiB
            cpuset.cpus.partition: root
        hybrid:
          set:
            memory.soft_limit: 2GiB
        during: 22:00-06:00
        when: host.load > 4
        for: 10s
        until: host.load < 3
        until_for: 2m
        priority: -3
    rules:
      - name: busy
        on: web
        scope: each
        when:
          all:
            - memory.current > 1GiB
            - any:
                - cpu.usage_usec.rate > 2cpus
                - io.wbytes.rate[/dev/vda] > 1MiB/s
            - not:
                - group("db").memory.current > 5GiB
                - missing(memory.max)
        for: 5s
        until: memory.current < 500MiB
        until_for: 1m
        cooldown: 2m
        max_active: 1h
        repeat:
          every: 10s
          max: 5
          while: memory.current > 600MiB
        priority: 7
        do:
          - set:
              memory.high: 900MiB
            on_error: continue
            together: true
          - scale:
              attr: io.max.wbps[/dev/vda]
              factor: 0.5
              of: usage
              min: 1MiB/s
              max: max
          - freeze:
              timeout: 30s
              on_timeout: kill
          - thaw:
          - pin:
              cpus: 0-1
              mems: all
          - pin:
              pool: fast
          - reclaim:
              bytes: 1GiB
              deadline: 5s
              swappiness: 10
          - reclaim:
              to: 500MiB
          - kill:
              signal: SIGINT
              grace: 5s
              force: false
          - hook:
              name: call
              wait: false
          - notify:
              sinks:
                - web
                - journald
          - log:
              level: warning
        undo:
          relax:
            factor: 1.5
            every: 10s
        dry_run: true
        requires:
          - psi
      - name: killed
        on: web
        on_event:
          kind:
            - oom-kill
            - limit-hit
          times: 2
          within: 1m
        do:
          - log:
      - name: stalled
        on: web
        on_event:
          kind: pressure
          resource: memory
          state: begin
        do:
          - log:
      - name: raised
        on: web
        on_event:
          kind: changed
          limit: memory.max
        do:
          - log:
      - name: largest
        on: web
        scope: aggregate
        when: host.memory.available < 10%host
        do:
          - kill:
        undo: keep
        victims:
          by: memory.current + memory.swap.current
          order: asc
          take: 2
          min_gain: 100MiB
    guards:
      - name: watch
        on: db
        limit: 8GiB
        freeze_at: 96%
        resume_at: 80%
        resume_for: 5s
        max_frozen: 20s
        relief:
          - reclaim
          - raise:
              step: 1GiB
              ceiling: 10GiB
              host_free_min: 1GiB
          - hook: call
        on_timeout: stay
        notify:
          - log
        i_accept_hang: true
        allow_force_empty: true
        oom_group: true
    autosize:
      - name: shrink
        on: db
        target: 0.2%
        floor: 1GiB
        ceiling: 4GiB
        step: 2%
        every: 10s
        mode: high
    """#
