package import Actuation
package import CgroupModel
internal import LiveView

/// The limits of a cgroup as a table or JSON.
package struct LimitListing {
    let path: CgroupPath
    let readings: [LimitReading]

    /// Lists the limits of a cgroup.
    package init(path: CgroupPath, readings: [LimitReading]) {
        self.path = path
        self.readings = readings
    }

    /// The limits as a table.
    package var text: String {
        let rows = readings.map { reading -> [String] in
            switch reading.value {
            case .success(let value):
                let text = reading.limit.grammar.text(value)
                return [reading.name, text.isEmpty ? "(not set)" : text, source(reading)]
            case .failure(let error): return [reading.name, "-", error.message]
            }
        }
        return LeftTable(rows).text
    }

    /// The kernel file, with its raw text if it has any.
    private func source(_ reading: LimitReading) -> String {
        let raw = reading.raw.split(separator: "\n").joined(separator: "; ")
        return raw.isEmpty ? reading.file : "\(reading.file) = \(raw)"
    }

    /// The limits as a JSON object, with a newline.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.key("path")
            json.value(path.text)
            json.key("limits")
            json.array { json in
                for reading in readings {
                    json.object { json in write(reading, to: &json) }
                }
            }
        }
        json.newline()
        return json.take()
    }

    private func write(_ reading: LimitReading, to json: inout JSONWriter) {
        json.key("name")
        json.value(reading.limit.name)
        if let instance = reading.instance {
            json.key("instance")
            json.value(instance)
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
            json.key("text")
            json.value(reading.limit.grammar.text(value))
            json.key("file")
            json.value(reading.file)
            json.key("raw")
            json.value(reading.raw)
        case .failure(let error):
            json.key("unavailable")
            json.value(error.message)
        }
    }
}
