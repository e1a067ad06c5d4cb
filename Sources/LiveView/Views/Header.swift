import CgroupModel

/// The host summary at the top.
enum Header {
    static func draw(
        _ model: LiveModel, _ snapshot: Snapshot, _ scene: Scene, into frame: inout Frame
    ) {
        title(model, snapshot, scene, into: &frame)
        meters(snapshot, into: &frame)
        if model.geometry.headerHeight > 2 { summary(model, snapshot, into: &frame) }
    }

    private static func title(
        _ model: LiveModel, _ snapshot: Snapshot, _ scene: Scene, into frame: inout Frame
    ) {
        let width = frame.size.columns
        frame.fill(row: 0, style: .title)
        var right = scene.clock(snapshot.wallTime) + " "
        if model.isPaused {
            right = "PAUSED  \(scene.back) of \(max(scene.frames - 1, 0)) back  " + right
        } else if snapshot.isListing {
            right = "taking the first sample  " + right
        } else {
            let age = scene.now > snapshot.wallTime ? scene.now - snapshot.wallTime : 0
            let isLate = Double(age) > 2.5e6 * max(model.layout.delay, 0.4)
            let text = isLate ? "\(Quantity.duration(Double(age))) old" : ""
            right =
                (text.isEmpty ? "every " + Quantity.interval(model.layout.delay) : text) + "  "
                + right
        }
        let room = width - CellWidth.of(right) - 1
        let left = " cgwarden  " + scene.mode.onOneLine
        frame.put(
            CellWidth.ellipsised(left, to: max(room, 0)), row: 0, column: 0, style: .title)
        frame.putRight(right, row: 0, column: 0, style: .title, width: width)
    }

    private static func meters(_ snapshot: Snapshot, into frame: inout Frame) {
        let host = snapshot.host
        let cpus = snapshot.hostCPUPercent
        let capacity = Double(max(host.cpuCount, 1)) * 100
        let meters: [(label: String, share: Double?, text: String)] = [
            (
                "CPU", cpus.number.map { $0 / capacity },
                cpus.text { Quantity.fixed($0 / 100, 2) } + "/\(host.cpuCount)"
            ),
            meter("Mem", host.memoryUsed, of: host.memoryTotal),
            meter("Swap", host.swapUsed, of: host.swapTotal),
        ]
        let width = frame.size.columns
        guard width >= 66 else {
            // Without room for bars, draw as many numbers as fit.
            var column = 1
            for meter in meters {
                let needed = meter.label.count + 1 + meter.text.count
                guard column + needed <= width else { break }
                frame.put(meter.label, row: 1, column: column, style: .label)
                frame.put(
                    meter.text, row: 1, column: column + meter.label.count + 1,
                    style: meter.share.map { $0 < 0.7 ? .plain : Style.level($0) } ?? .plain)
                column += needed + 2
            }
            return
        }
        for (place, meter) in meters.enumerated() {
            let start = place * width / meters.count + (place == 0 ? 1 : 0)
            let end = (place + 1) * width / meters.count - 1
            let label = meter.label + " "
            let bar = end - start - label.count - 13
            frame.put(label, row: 1, column: start, style: .label)
            let open = start + label.count
            frame.put("[", row: 1, column: open, style: .dim)
            frame.put("]", row: 1, column: open + bar, style: .dim)
            if let share = meter.share {
                frame.put(
                    Bar.filled(share, width: bar - 1), row: 1, column: open + 1,
                    style: .level(share))
            }
            frame.put(
                meter.text, row: 1, column: open + bar + 2, width: max(end - open - bar - 2, 0))
        }
    }

    /// The memory of the root cgroup, if it differs from the host's: the root counts page cache as
    /// used.
    private static func rootMemory(_ snapshot: Snapshot) -> [(String, String, Style)] {
        guard let root = snapshot.cgroups.firstIndex(where: { $0.path.isRoot }),
            let own = snapshot[root, .memoryUsage].value,
            let used = snapshot.host.memoryUsed.value, own / 11 > used / 10
        else { return [] }
        return [("Mem of / with cache", Quantity.bytes(Double(own)), .plain)]
    }

    private static func meter(
        _ label: String, _ used: Reading, of total: Reading
    ) -> (label: String, share: Double?, text: String) {
        var share: Double?
        if let part = used.value, let whole = total.value, whole > 0 {
            share = Double(part) / Double(whole)
        }
        let texts = [used, total].map { Figure($0).text(Quantity.bytes) }
        return (label, share, texts.joined(separator: "/"))
    }

    private static func summary(
        _ model: LiveModel, _ snapshot: Snapshot, into frame: inout Frame
    ) {
        let host = snapshot.host
        var parts: [(label: String, text: String, style: Style)] = [
            ("Cgroups", "\(snapshot.cgroups.count)", .plain),
            ("Tasks", Figure(host.tasks).text(Quantity.count), .plain),
        ]
        for (label, reading) in [
            ("PSI cpu", host.cpuPressure), ("mem", host.memoryPressure), ("io", host.ioPressure),
        ] {
            let figure = Figure(reading)
            parts.append(
                (label, figure.text(Quantity.hundredths), TableView.pressureStyle(figure)))
        }
        if snapshot.health.notPermitted > 0 {
            parts.append(("not permitted", "\(snapshot.health.notPermitted) files", .warn))
        }
        if snapshot.health.malformed > 0 {
            parts.append(("malformed", "\(snapshot.health.malformed) files", .critical))
        }
        if !model.filter.isEmpty {
            let text = CellWidth.ellipsised(model.filter.onOneLine, to: 40)
            parts.append(("filter", text, .strong))
        }
        if !model.marked.isEmpty { parts.append(("marked", "\(model.marked.count)", .strong)) }
        if model.isFollowing { parts.append(("following", "on", .strong)) }
        if !model.running.isEmpty { parts.append(("running", "\(model.running.count)", .warn)) }
        parts += rootMemory(snapshot)
        var column = 1
        for part in parts {
            let needed = CellWidth.of(part.label) + 1 + CellWidth.of(part.text)
            guard column + needed <= frame.size.columns else { continue }
            frame.put(part.label, row: 2, column: column, style: .label)
            column += CellWidth.of(part.label) + 1
            frame.put(part.text, row: 2, column: column, style: part.style)
            column += CellWidth.of(part.text) + 2
        }
    }
}
