import CgroupModel
package import Events
import KernelIO

/// Events as text or JSON, one per line.
package struct EventOutput {
    private let isJSON: Bool

    /// Renders as text, or as JSON.
    package init(isJSON: Bool) { self.isJSON = isJSON }

    /// Returns a line for each event.
    package func render(_ events: [Event]) -> [UInt8] {
        guard isJSON else {
            let now = MonotonicClock.wallMicroseconds
            return Array(events.map { $0.line(now: now) + "\n" }.joined().utf8)
        }
        var json = JSONWriter()
        for event in events {
            event.write(to: &json)
            json.newline()
        }
        return json.take()
    }
}
