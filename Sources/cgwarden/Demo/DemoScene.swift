import CgroupModel

/// The contents of `cgwarden demo`: its workloads and their policy.
struct DemoScene {
    /// A shell script in a cgroup of its own, restarted some time after it ends.
    struct Work {
        let cgroup: CgroupPath
        let script: String
        /// A description for the user.
        let summary: String
    }

    /// The parent of all cgroups of the demo.
    static let root = CgroupPath("/cgwarden-demo")

    /// The directories for the workloads' files, in memory and on disk.
    let memoryFolder: String, diskFolder: String
    /// The disk of ``diskFolder``, `/dev/vda`; nil if it cannot be throttled.
    let disk: String?
    /// The process on which the scripts depend: each exits once it is gone.
    let keeper: Int32

    /// The workloads.
    var works: [Work] {
        var works = [
            work(
                "build", "two compilers that use all CPU they get, with pauses",
                """
                while alive; do
                    for job in 1 2; do
                        timeout 14 sh -c 'while :; do :; done' &
                    done
                    wait
                    sleep 6
                done
                """),
            work(
                "database", "a query that needs more memory than its limit",
                """
                while alive; do
                    for part in $(seq 50); do
                        head -c 4194304 /dev/zero >\(memoryFolder)/$part || break
                        sleep 0.1
                    done
                    sleep 4
                    rm -f \(memoryFolder)/*
                    sleep 3
                done
                """),
            work(
                "forks", "a script that forks ten times per second",
                """
                while alive; do
                    sleep 40 &
                    sleep 0.1
                done
                """),
        ]
        if disk != nil {
            works.append(
                work(
                    "backup", "a copy that writes as fast as the disk allows",
                    """
                    while alive; do
                        dd if=/dev/zero of=\(diskFolder)/copy bs=1M count=256 oflag=direct
                        sleep 5
                    done
                    """))
        }
        return works
    }

    private func work(_ name: String, _ summary: String, _ body: String) -> Work {
        Work(
            cgroup: CgroupPath("\(Self.root)/\(name)"),
            script: "alive() { kill -0 \(keeper) 2>/dev/null; }\n" + body, summary: summary)
    }

    /// The example policies, with sizes and times for one minute on any host.
    ///
    /// Conditions use the cgroup's own usage and not the host's pressure, because a host with many
    /// CPUs would show little pressure.
    var policy: String {
        var limits = """
              - on: build
                set: {cpu.weight: 50}
              - on: database
                set: {memory.max: 128MiB}
              - on: forks
                set: {pids.max: 100}
            """
        var backup = ""
        if let disk {
            backup = "  backup: {path: \(Self.root)/backup}\n"
            limits += "\n  - on: backup\n    set: {\"io.max.wbps[\(disk)]\": 20MiB/s}"
        }
        return """
            apiVersion: cgwarden/v1
            defaults: {interval: 500ms, rate_window: 2s, allow_kill: true}
            groups:
              build: {path: \(Self.root)/build}
              database: {path: \(Self.root)/database}
              forks: {path: \(Self.root)/forks}
            \(backup)limits:
            \(limits)
            rules:
              - name: squeeze-build
                on: build
                when: avg(cpu.usage_usec.rate, 3s) > 0.5cpus
                for: 2s
                until: avg(cpu.usage_usec.rate, 2s) < 0.05cpus
                until_for: 1s
                cooldown: 3s
                repeat: {every: 4s, max: 2, while: cpu.usage_usec.rate > 0.3cpus}
                do:
                  - scale: {attr: cpu.max, factor: 0.5, of: usage, min: 0.25cpus, max: 4cpus}
                undo: {relax: {factor: 2, every: 2s}}
              - name: stop-forks
                on: forks
                when: pids.current > 90% of pids.max
                for: 1s
                until: pids.current < 50% of pids.max
                max_active: 15s
                cooldown: 5s
                priority: 50
                do:
                  - freeze: {timeout: 5s, on_timeout: kill}
                undo: restore
            guards:
              - name: database-guard
                on: database
                freeze_at: 95%
                resume_at: 88%
                resume_for: 1s
                max_frozen: 10s
                on_timeout: thaw_killer
                relief:
                  - reclaim
                  - raise: {step: 64MiB, ceiling: 256MiB, host_free_min: 256MiB}

            """
    }
}
