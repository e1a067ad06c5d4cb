internal import CgroupModel
internal import KernelIO
internal import Policy
internal import PolicyLanguage

/// One run of a hook, from its start to the cleanup of its processes.
struct HookProcess {
    let run: HookRun
    let number: Int
    let cgroups: HookCgroups?
    /// Ends the hook before its timeout; nil if it cannot be ended early.
    var stop: HookStop?
    /// The time between SIGTERM and SIGKILL.
    var grace = HookProcess.grace

    /// The number of bytes of a hook's output to keep.
    static let mostOutput = 4096
    static let grace = Duration.seconds(2)
    /// EX_TEMPFAIL of sysexits(3), which means a veto.
    private static let veto: Int32 = 75

    func perform() -> HookEnding {
        var account: UserAccount?
        if let user = run.hook.user {
            do throws(IOError) {
                account = try UserAccount(user)
            } catch {
                return .failed("\(error)")
            }
            guard account != nil else {
                return .failed("no user \(user), or it is in more than 256 groups")
            }
        }
        let cgroup = cgroups?.make(number)
        defer { cgroup?.remove() }
        let process: ApartProcess
        do throws(SpawnError) {
            process = try ApartProcess.start(
                run.hook.command, environment: run.environment, account: account,
                in: cgroup?.birthplace, joining: cgroup?.memberships ?? [],
                within: run.hook.timeout, unless: stop?.number
            ) { stop?.isAsked == true }
        } catch {
            if error.isGivenUp { return givenUp }
            return .failed("\(run.hook.command[0]) cannot be started: \(error)")
        }
        var output: [UInt8] = []
        if wait(for: process, within: run.hook.timeout, unless: stop, &output) {
            return ending(of: process, output)
        }
        process.signalGroup(.terminate)
        cgroup?.signal(.terminate)
        _ = wait(for: process, within: grace, unless: nil, &output)
        _ = ending(of: process, output)
        return givenUp
    }

    /// The ending of a hook that was stopped or timed out.
    private var givenUp: HookEnding { stop?.isAsked == true ? HookStop.ending : .timedOut }

    /// Waits for the process itself, not for its children; returns whether it exited in time.
    private func wait(
        for process: borrowing ApartProcess, within time: Duration, unless stop: HookStop?,
        _ output: inout [UInt8]
    ) -> Bool {
        let deadline = Deadline(after: time)
        var isOpen = true
        while !deadline.hasPassed, stop?.isAsked != true {
            let watched =
                [process.child.descriptor.number] + (isOpen ? [process.output.number] : [])
                + (stop.map { [$0.number] } ?? [])
            Readiness.wait(for: watched, milliseconds: Int32(clamping: deadline.milliseconds))
            if isOpen { isOpen = process.drain(into: &output, limit: Self.mostOutput) }
            if process.child.hasEnded {
                // It may have printed more before its exit.
                if isOpen { _ = process.drain(into: &output, limit: Self.mostOutput) }
                return true
            }
        }
        return false
    }

    /// Kills the rest of its process group, and returns the outcome.
    private func ending(of process: borrowing ApartProcess, _ output: [UInt8]) -> HookEnding {
        process.signalGroup(.kill)
        var end: ProcessEnd?
        _ = Deadline(after: .seconds(5)).wait {
            end = process.child.end()
            return end != nil
        }
        switch end {
        case .exited(0): return .succeeded
        case .exited(Self.veto): return .vetoed
        case .exited(let status): return .failed("exit status \(status)" + Self.said(output))
        case .killed(let signal): return .failed("signal \(signal)" + Self.said(output))
        case nil: return .failed("it did not exit after SIGKILL")
        }
    }

    /// The output on one line.
    private static func said(_ output: [UInt8]) -> String {
        let text = String(decoding: output, as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " | ")
        return line.isEmpty ? "" : ": \(line)"
    }
}

extension HookRun {
    /// The complete environment of the program.
    var environment: [String] {
        [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "CGWARDEN_RULE=\(rule)",
            "CGWARDEN_GROUP=\(target.path.text)",
            "CGWARDEN_INODE=\(target.cgroup.inode)",
            "CGWARDEN_ACTION=\(action)",
            "CGWARDEN_PHASE=\(phase.rawValue)",
            "CGWARDEN_CAUSE_JSON=\(cause.json)",
            "CGWARDEN_DRY_RUN=\(isDryRun ? 1 : 0)",
        ]
    }
}
