package import Actuation
internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import LiveView

/// A diagnosis as text or JSON.
package struct DiagnosisReport {
    private let diagnosis: Diagnosis
    /// The reason why the kernel log cannot be read; nil if it can.
    private let kernelLogRefusal: String?
    /// The reason why writes to limit files cannot be watched; nil if they can.
    private let writeRefusal: String?
    /// The history of the host's daemon; nil if it keeps none.
    private let history: HistoryState?

    /// Reports a diagnosis and the history, and the reasons why the kernel log cannot be read and
    /// writes to limit files cannot be watched; a nil reason means that they can.
    package init(
        _ diagnosis: Diagnosis, kernelLogRefusal: String?, writeRefusal: String?,
        history: HistoryState?
    ) {
        self.diagnosis = diagnosis
        self.history = history
        self.kernelLogRefusal = kernelLogRefusal
        self.writeRefusal = writeRefusal
    }

    /// The diagnosis as text.
    package var text: String {
        var lines = ["kernel       \(diagnosis.kernel)", "mode         \(diagnosis.mode.word)"]
        lines.append("hierarchies")
        for tree in diagnosis.trees {
            let controllers = tree.controllers.map(\.rawValue).joined(separator: " ")
            let what = controllers.isEmpty ? "no controller" : controllers
            lines.append(
                "  \(padded(tree.label, 12)) \(tree.mountPoint): \(what); "
                    + (tree.refusal.map { "not writable: \($0)" } ?? "writable"))
        }
        let user = diagnosis.user.map { UserName.text($0, within: .seconds(2)) } ?? "unknown"
        lines.append("user         \(user)")
        for capability in diagnosis.capabilities {
            lines.append(
                "  \(padded(capability.name, 16)) "
                    + (capability.isHeld ? "yes: can " : "no: needed to ") + capability.use)
        }
        lines.append("commands")
        for ability in diagnosis.abilities {
            let answer = ability.means.map { means in
                "yes: \(means)" + (ability.reason.map { "; \($0)" } ?? "")
            }
            lines.append(
                "  \(padded(ability.command, 12)) "
                    + (answer ?? "no: \(ability.reason ?? "unknown why")"))
        }
        lines.append(
            "resources    \(word(diagnosis.descriptors)) open files, \(word(diagnosis.watches)) "
                + "inotify watches, \(word(diagnosis.watchInstances)) inotify instances")
        lines.append(
            "pressure     "
                + (diagnosis.pressureRefusal.map { "no: \($0)" } ?? "yes: /proc/pressure"))
        let log = kernelLogRefusal.map {
            "no: \($0); `events` cannot name the victims of OOM kills" + remedy($0, "CAP_SYSLOG")
        }
        lines.append("kernel log   \(log ?? "yes: /dev/kmsg")")
        let writes = writeRefusal.map {
            "no: \($0); `events` cannot name the process that changes a limit"
                + remedy($0, "CAP_SYS_ADMIN")
        }
        lines.append(
            "writers      \(writes ?? "yes: fanotify names the process that changes a limit")")
        lines.append("history      \(history.map { $0.failure ?? $0.text } ?? "none")")
        lines.append("swap         \(swap)")
        lines.append("systemd      \(systemd)")
        lines.append(contentsOf: list("other cgroup managers", diagnosis.limiters, none: "none"))
        lines.append("daemon       \(daemon)")
        lines.append(
            contentsOf: list("other cgwarden processes", diagnosis.siblings, none: "none"))
        return lines.map { "\($0)\n" }.joined()
    }

    private func remedy(_ reason: String, _ capability: String) -> String {
        reason.hasSuffix("not permitted") ? "; run as root or with \(capability)" : ""
    }

    private var swap: String {
        let total =
            diagnosis.swapTotal.value.map { ByteText.of($0) } ?? word(diagnosis.swapTotal)
        let accounting =
            switch diagnosis.accountsSwap {
            case true?: "accounted by cgroup"
            case false?: "not accounted by cgroup (boot with swapaccount=1)"
            case nil: "accounting by cgroup unknown"
            }
        return "\(total), \(accounting)"
    }

    private var systemd: String {
        let version =
            diagnosis.systemdVersion.map { "version \($0) is installed" } ?? "it is not installed"
        let running =
            switch diagnosis.runningSystemd {
            case .success(let running): "version \(running), "
            case .failure(let error): "\(error), "
            case nil: ""
            }
        return diagnosis.runsSystemd
            ? "yes: PID 1, \(running)\(version)"
            : "no: PID 1 is \(diagnosis.initialProcess); \(version)"
    }

    private var daemon: String {
        let processes = diagnosis.daemons.map { "process \($0.pid)" }
        return processes.isEmpty
            ? "not running; start it: cgwarden daemon"
            : "running (\(processes.joined(separator: ", ")))"
    }

    private func list(
        _ title: String, _ programs: [Diagnosis.Limiter], none: String
    ) -> [String] {
        if programs.isEmpty { return ["\(title): \(none)"] }
        return [title]
            + programs.map { "  \(padded($0.name, 12)) process \($0.pid): \($0.effect)" }
    }

    private func word(_ reading: Reading) -> String {
        reading.value.map { String($0) } ?? reading.word ?? "-"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + CellWidth.padding(text, to: width)
    }

    /// The diagnosis as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("kernel", diagnosis.kernel)
            json.member("mode", diagnosis.mode.word)
            json.array("hierarchies") { json in
                for tree in diagnosis.trees { write(tree, to: &json) }
            }
            if let user = diagnosis.user {
                json.member("uid", UInt64(user))
            }
            json.object("capabilities") { json in
                for capability in diagnosis.capabilities {
                    json.member(capability.name, capability.isHeld)
                }
            }
            json.array("commands") { json in
                for ability in diagnosis.abilities { write(ability, to: &json) }
            }
            json.object("limits") { json in
                write("descriptors", diagnosis.descriptors, to: &json)
                write("inotify_watches", diagnosis.watches, to: &json)
                write("inotify_instances", diagnosis.watchInstances, to: &json)
            }
            writeFeatures(to: &json)
            for (key, programs) in [
                ("limiters", diagnosis.limiters), ("daemons", diagnosis.daemons),
                ("cgwarden", diagnosis.daemons + diagnosis.siblings),
            ] {
                json.array(key) { json in for program in programs { write(program, to: &json) } }
            }
        }
        json.newline()
        return json.take()
    }

    private func writeFeatures(to json: inout JSONWriter) {
        json.object("pressure") { json in
            json.member("available", diagnosis.pressureRefusal == nil)
            write("reason", diagnosis.pressureRefusal, to: &json)
        }
        json.object("kernel_log") { json in
            json.member("available", kernelLogRefusal == nil)
            write("reason", kernelLogRefusal, to: &json)
        }
        json.object("writers") { json in
            json.member("available", writeRefusal == nil)
            write("reason", writeRefusal, to: &json)
        }
        if let history {
            json.key("history")
            history.write(to: &json)
        }
        json.object("swap") { json in
            write("total_bytes", diagnosis.swapTotal, to: &json)
            if let accountsSwap = diagnosis.accountsSwap {
                json.member("accounted", accountsSwap)
            }
        }
        json.object("systemd") { json in
            json.member("running", diagnosis.runsSystemd)
            write("version", diagnosis.systemdVersion, to: &json)
            switch diagnosis.runningSystemd {
            case .success(let version): write("running_version", version, to: &json)
            case .failure(let error): write("running_version_error", error.message, to: &json)
            case nil: break
            }
            write("initial_process", diagnosis.initialProcess, to: &json)
        }
    }

    private func write(_ tree: Diagnosis.Tree, to json: inout JSONWriter) {
        json.object { json in
            write("label", tree.label, to: &json)
            write("mount_point", tree.mountPoint, to: &json)
            json.array("controllers") { json in
                for name in tree.controllers { json.value(name.rawValue) }
            }
            json.member("writable", tree.refusal == nil)
            write("reason", tree.refusal, to: &json)
            write("own_cgroup", tree.own?.text, to: &json)
            json.member("own_cgroup_writable", tree.ownIsWritable)
        }
    }

    private func write(_ ability: Diagnosis.Ability, to json: inout JSONWriter) {
        json.object { json in
            write("command", ability.command, to: &json)
            json.member("able", ability.means != nil)
            write("means", ability.means, to: &json)
            write("reason", ability.reason, to: &json)
        }
    }

    private func write(_ program: Diagnosis.Limiter, to json: inout JSONWriter) {
        json.object { json in
            json.member("pid", Int64(program.pid))
            write("name", program.name, to: &json)
            write("effect", program.effect, to: &json)
        }
    }

    private func write(_ key: String, _ text: String?, to json: inout JSONWriter) {
        guard let text else { return }
        json.member(key, text)
    }

    private func write(_ key: String, _ reading: Reading, to json: inout JSONWriter) {
        json.key(key)
        if let value = reading.value {
            json.value(value)
        } else {
            json.value(reading.word ?? "malformed")
        }
    }
}
