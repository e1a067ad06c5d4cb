/// A family about the program that another component fills, such as the policy's firings.
package struct ProgramFamily: Sendable {
    /// One sample of a family.
    package struct Sample: Sendable {
        /// The names and values of the labels, in output order.
        package var labels: [(name: String, value: String)]
        /// The value in the family's raw unit.
        package var value: UInt64

        /// Creates a sample with a raw value and its labels.
        package init(_ value: UInt64, labels: [(name: String, value: String)] = []) {
            self.value = value
            self.labels = labels
        }
    }

    let family: Family
    let samples: [Sample]

    /// A counter; the name ends in `_total`.
    package static func counter(
        _ name: String, _ help: String, _ samples: [Sample]
    ) -> ProgramFamily {
        ProgramFamily(family: Family(name, .counter, help), samples: samples)
    }

    /// A gauge; `divisor` converts the raw value to the unit (1,000,000 for microseconds).
    package static func gauge(
        _ name: String, unit: String? = nil, dividedBy divisor: UInt64 = 1, _ help: String,
        _ samples: [Sample]
    ) -> ProgramFamily {
        ProgramFamily(
            family: Family(name, .gauge, unit: unit, scale: divisor, help), samples: samples)
    }

    func write(to buffer: inout ExpositionBuffer) {
        buffer.open(family)
        for sample in samples {
            var labels: [UInt8] = []
            for (place, label) in sample.labels.enumerated() {
                labels.append(place == 0 ? "{" : ",")
                labels.append("\(label.name)=\"")
                labels.append(labelValue: label.value)
                labels.append("\"")
            }
            if !labels.isEmpty { labels.append("}") }
            buffer.add(labels, sample.value)
        }
    }
}
