internal import CgroupModel
internal import KernelIO

/// Formats events as text.
extension Event {
    /// The event on one line, safe to print: `14:02:11 frozen /batch/job-7: frozen`.
    ///
    /// The date precedes the time of day if it differs from the date at `now`, in microseconds since
    /// 1970.
    package func line(now: UInt64) -> String {
        let text = CivilTime(local: time.wall)
        let isToday = text.date == CivilTime(local: now).date
        let clock = isToday ? String(text.text.suffix(8)) : text.text
        let place = cgroup.map { " \($0.path)" } ?? (kind == .pressure ? " the host" : "")
        return "\(clock) \(kind.rawValue)\(place): \(sentence)"
    }

    /// The description of the event, without time and cgroup.
    package var sentence: String {
        if folded > 0 {
            return "and \(folded) more" + (path(.subtree).map { " in \($0)" } ?? "")
        }
        return switch kind {
        case .born: "created"
        case .died:
            [
                number(.lifetime).map { "removed after \(EventText.duration($0))" } ?? "removed",
                usage.map { "it used \($0)" }, kills,
            ].compactMap(\.self).joined(separator: "; ")
        case .oom: "out of memory\(times)"
        case .oomKill: oomKill
        case .limitHit: "hit \(word(.limit) ?? "a limit")\(times)"
        case .throttled: throttling
        case .pressure: pressure
        case .frozen: "frozen"
        case .thawed: "thawed"
        case .moved: word(.state) == "empty" ? "lost its last process" : "got its first process"
        case .action: action
        case .changed: change
        case .unattributed: unattributed
        case .gap: gap
        }
    }

    /// Without totals, the parent's own usage hides the rest; without CPU time, other usage is
    /// left.
    private var unattributed: String {
        details.isEmpty
            ? "removed children may have used more than their readings show"
            : "removed children used \(usage ?? "more") that none of their readings shows"
    }

    private var pressure: String {
        let resource = word(.resource) ?? "a resource"
        guard word(.state) == "end" else {
            guard case .decimal(let share)? = details[.share] else {
                return "tasks wait for \(resource)"
            }
            return "tasks wait for \(resource) \(EventText.decimal(share))% of the time"
        }
        let time = number(.duration).map { " after \(EventText.duration($0))" } ?? ""
        return "tasks no longer wait for \(resource)\(time)"
    }

    private var action: String {
        let done = [word(.action), outside(.change)].compactMap { $0 }.joined(separator: " ")
        let reason = outside(.reason).map { ": \($0)" } ?? ""
        let by = outside(.by) ?? "the policy"
        if word(.result) == "dry_run" { return "\(by): would \(done) (dry run\(reason))" }
        return "\(by): \(done) (\(word(.result) ?? "done")\(reason))"
    }

    /// The CPU time and peak memory of a removed cgroup; nil if unknown.
    private var usage: String? {
        let time = number(.cpuTime).map { "\(EventText.duration($0)) of CPU time" }
        let peak = number(.memoryPeak).map {
            EventText.bytes($0) + (isPartial ? " of memory" : " at most")
        }
        let parts = [time, peak].compactMap(\.self)
        guard !parts.isEmpty else { return nil }
        let text = parts.joined(separator: ", ")
        return isPartial ? "at least \(text) (last sample)" : text
    }

    /// Whether it is an end whose totals are from the last sample, so the cgroup may have used more.
    private var isPartial: Bool { kind == .died && word(.reading) == "sample" }

    private var kills: String? {
        guard let kills = number(.oomKills), kills > 0 else { return nil }
        return kills == 1 ? "1 OOM kill" : "\(kills) OOM kills"
    }

    private var change: String {
        let name = [word(.limit), outside(.instance)].compactMap(\.self).joined(separator: " ")
        let shown = { (value: String) in value.isEmpty ? "(empty)" : value }
        let new = outside(.new).map { "to \(shown($0))" } ?? "to its default"
        let values = outside(.old).map { "changed from \(shown($0)) \(new)" } ?? "set \(new)"
        return "\(name.isEmpty ? "a limit" : name) \(values)" + (author.map { " by \($0)" } ?? "")
    }

    /// The author of a change: the cause within cgwarden, or the process; nil if unknown.
    private var author: String? {
        if let by = outside(.by) { return by }
        guard let pid = number(.pid) else { return nil }
        guard let comm = outside(.comm) else { return "a process that has ended (pid \(pid))" }
        var facts = ["pid \(pid)"]
        if let uid = number(.uid) { facts.append("uid \(uid)") }
        if let place = outside(.writerUnit) ?? path(.writerCgroup)?.description {
            facts.append(place)
        }
        return "\(comm) (\(facts.joined(separator: ", ")))"
    }

    /// Returns untrusted text of a field, safe to print; nil if absent.
    private func outside(_ field: EventField) -> String? {
        if case .bytes(let bytes)? = details[field] { PrintableText.text(bytes) } else { nil }
    }

    private var times: String {
        guard let count = number(.count), count > 1 else { return "" }
        return " (\(count) times)"
    }

    private var throttling: String {
        guard word(.state) == "end" else {
            guard case .decimal(let cpus)? = details[.quota] else { return "throttled by cpu.max" }
            return "throttled by cpu.max (\(EventText.decimal(cpus)) CPUs)"
        }
        let time = number(.throttledTime).map(EventText.duration)
        let periods = number(.throttledPeriods).map { $0 == 1 ? "1 period" : "\($0) periods" }
        let lost = [time, periods].compactMap { $0 }.joined(separator: " in ")
        return "no longer throttled" + (lost.isEmpty ? "" : "; it was throttled for \(lost)")
    }

    private var gap: String {
        let time = number(.duration).map { " for \(EventText.duration($0))" } ?? ""
        return switch word(.cause) {
        case "suspend": "the host was suspended\(time)"
        case "kernel log overrun": "the kernel log overflowed; OOM kills may lack their victims"
        case "death overrun": "cgroups ended too fast; some have no tombstone"
        case "journal failure":
            "the journal could not be written; \(number(.count) ?? 0) events are missing in it"
        case "write overrun": "writes came too fast; changes of limits may lack their writers"
        default: "no sample was taken\(time)"
        }
    }

    private var oomKill: String {
        guard let pid = number(.pid) else {
            return word(.source) == "counter"
                ? "a process was killed by the OOM killer; the victim is unknown"
                : "a process was killed by the OOM killer; its cgroup and name are unknown"
        }
        var facts = ["pid \(pid)"]
        if let uid = number(.uid) { facts.append("uid \(uid)") }
        if let anon = number(.anonBytes) { facts.append("\(EventText.bytes(anon)) anon") }
        let name = outside(.comm) ?? "a process"
        // The kernel limits the rate of the lines that name the cgroup, but not of this line.
        let place = cgroup == nil ? "; the kernel log does not name its cgroup" : ""
        return "\(name) (\(facts.joined(separator: ", "))) killed \(reason)\(place)"
    }

    private var reason: String {
        switch word(.constraint) {
        case "host": return "because the host ran out of memory"
        case "cpuset": return "because the memory nodes of its cpuset were full"
        case "mempolicy": return "because the memory nodes of its policy were full"
        default: break
        }
        let owner = path(.limitOwner).map { "the limit of \($0)" } ?? "a memory limit"
        var amounts: [String] = []
        if let limit = number(.limitBytes) {
            amounts.append("\(word(.limit) ?? "memory.max") \(EventText.bytes(limit))")
        }
        if let usage = number(.usageBytes) {
            let file =
                number(.usageFileBytes).map { ", of which \(EventText.bytes($0)) file" } ?? ""
            amounts.append("usage \(EventText.bytes(usage))\(file)")
        }
        return "by \(owner)" + (amounts.isEmpty ? "" : " (\(amounts.joined(separator: "; ")))")
    }
}

/// Formats amounts.
enum EventText {
    /// Bytes in a binary unit: `412 MiB`, `1.5 GiB`, `17 B`.
    static func bytes(_ bytes: UInt64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1023.5, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(decimal(value)) \(units[unit])"
    }

    /// Microseconds in a readable unit: `50 ms`, `2.5 s`, `3 min`, `4.2 h`.
    static func duration(_ microseconds: UInt64) -> String {
        let seconds = Double(microseconds) / 1e6
        if seconds < 0.9995 { return "\(decimal(seconds * 1000)) ms" }
        if seconds < 119.5 { return "\(decimal(seconds)) s" }
        if seconds < 119.5 * 60 { return "\(decimal(seconds / 60)) min" }
        return "\(decimal(seconds / 3600)) h"
    }

    /// A number with one decimal below 100, without a trailing zero.
    static func decimal(_ value: Double) -> String {
        let places = value >= 99.95 ? 0 : 1
        let text = DecimalText.fixed(value, places: places)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
