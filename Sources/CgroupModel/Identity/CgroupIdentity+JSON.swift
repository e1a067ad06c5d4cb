extension CgroupIdentity {
    /// Writes `container` and `pod` into an open object.
    ///
    /// Each is written only if the cgroup is one or is inside one. Unknown fields are left out.
    package func write(to json: inout JSONWriter) {
        let container = [
            ("name", self.container), ("id", containerID), ("runtime", runtime), ("image", image),
        ]
        let pod = [("name", self.pod), ("uid", podUID), ("namespace", namespace), ("qos", qos)]
        for (key, fields) in [("container", container), ("pod", pod)]
        where fields.contains(where: { $0.1 != nil }) {
            json.object(key) { json in
                for (name, value) in fields {
                    guard let value else { continue }
                    json.member(name, value)
                }
            }
        }
    }
}
