package import CgroupModel

extension Event {
    /// Writes the event as an object.
    ///
    /// `time` is in seconds since 1970, `boot_time` in seconds since boot. `path`, `inode` and
    /// `generation` identify the cgroup; `unit`, `container` and `pod` are those that it belongs
    /// to. The details follow. With `serial`, the event's number in a store, its sentence is added
    /// as `text`. Unknown fields are omitted.
    package func write(to json: inout JSONWriter, serial: UInt64? = nil) {
        json.object { json in
            if let serial {
                json.key("serial")
                json.value(serial)
            }
            json.key("time")
            json.literal(DecimalText.fixed(Double(time.wall) / 1e6, places: 6))
            json.key("boot_time")
            json.literal(DecimalText.fixed(Double(time.boot) / 1e9, places: 6))
            json.key("kind")
            json.value(kind.rawValue)
            if let cgroup {
                json.key("path")
                json.value(cgroup.path.text)
                if let id = cgroup.id {
                    json.key("inode")
                    json.value(id.inode)
                    json.key("generation")
                    json.value(id.generation)
                }
                let identity = CgroupIdentity(cgroup.path)
                if let unit = identity.unit {
                    json.key("unit")
                    json.value(unit)
                }
                identity.write(to: &json)
            }
            for field in kind.details {
                guard let value = details[field] else { continue }
                json.key(field.rawValue)
                switch value {
                case .number(let number): json.value(number)
                case .decimal(let number): json.value(number)
                case .text(let text): json.value(text)
                case .path(let path): json.value(path.text)
                case .bytes(let bytes): json.value(CgroupPath.text(bytes[...]))
                }
            }
            if serial != nil {
                json.key("text")
                json.value(sentence)
            }
            if folded > 0 {
                json.key("folded")
                json.value(folded)
                if let subtree = path(.subtree) {
                    json.key(EventField.subtree.rawValue)
                    json.value(subtree.text)
                }
            }
        }
    }
}
