package import Actuation
package import CgroupModel
internal import LiveView

/// Limits and metrics of a cgroup as a table or JSON.
package struct ValueListing {
    let path: CgroupPath
    let limits: [LimitReading]
    private var metrics: [(metric: MetricID, instance: InstanceReading?, reading: Reading)] = []

    /// Lists the limits of a cgroup.
    package init(path: CgroupPath, limits: [LimitReading]) {
        self.path = path
        self.limits = limits
    }

    /// Adds the values of metrics in a snapshot; they are absent if it lacks the cgroup.
    package mutating func add(_ ids: [MetricID], of snapshot: Snapshot) {
        let index = snapshot.index(of: path)
        for id in ids {
            let instances =
                MetricCatalog[id].dimension == nil
                ? [] : index.map { snapshot.instances($0).filter { $0.metric == id } } ?? []
            metrics += instances.map { (id, $0, $0.reading) }
            if instances.isEmpty {
                metrics.append((id, nil, index.map { snapshot[$0, id] } ?? .absent))
            }
        }
    }

    /// The values as a table.
    package var text: String { LeftTable(limitRows + metricRows).text }

    private var metricRows: [[String]] {
        metrics.map { id, instance, reading in
            let metric = MetricCatalog[id]
            let name = instance?.name() ?? metric.name
            return reading.value != nil || reading == .unlimited
                ? [name, metric.humanText(reading)]
                : [name, "-", reading == .absent ? "not in this cgroup" : reading.word ?? ""]
        }
    }

    private var limitRows: [[String]] {
        limits.map { reading -> [String] in
            switch reading.value {
            case .success(let value):
                let text = reading.limit.grammar.text(value)
                return [reading.name, text.isEmpty ? "(not set)" : text, source(reading)]
            case .failure(let error): return [reading.name, "-", error.message]
            }
        }
    }

    /// The kernel file, with its raw text if it has any.
    private func source(_ reading: LimitReading) -> String {
        let raw = reading.raw.split(separator: "\n").joined(separator: "; ")
        return raw.isEmpty ? reading.file : "\(reading.file) = \(raw)"
    }

    /// The values as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("path", path.text)
            json.array("limits") { json in
                for reading in limits {
                    json.object { json in write(reading, to: &json) }
                }
            }
            guard !metrics.isEmpty else { return }
            json.array("metrics") { json in
                for (id, instance, reading) in metrics {
                    json.object { Self.write(id, instance, reading, to: &$0) }
                }
            }
        }
        json.newline()
        return json.take()
    }

    private static func write(
        _ id: MetricID, _ instance: InstanceReading?, _ reading: Reading, to json: inout JSONWriter
    ) {
        let metric = MetricCatalog[id]
        json.member("name", metric.name)
        if let instance, instance.key != .whole, let dimension = metric.dimension {
            json.member("instance", instance.key.text(dimension))
        }
        let isKnown = reading.value != nil || reading == .unlimited
        json.key(isKnown ? "value" : "unavailable")
        metric.write(reading, to: &json)
    }

    private func write(_ reading: LimitReading, to json: inout JSONWriter) {
        json.member("name", reading.limit.name)
        if let instance = reading.instance {
            json.member("instance", instance)
        }
        switch reading.value {
        case .success(let value):
            json.key("value")
            switch value {
            case .unlimited: json.value("max")
            case .number(let number):
                // The number is in millionths of a CPU; the JSON value is in CPUs.
                if reading.limit.grammar == .cpus {
                    json.literal(String(value.cpuText.dropLast(4)))
                } else {
                    json.value(number)
                }
            case .text(let text): json.value(text)
            }
            json.member("text", reading.limit.grammar.text(value))
            json.member("file", reading.file)
            json.member("raw", reading.raw)
        case .failure(let error):
            json.member("unavailable", error.message)
        }
    }
}
