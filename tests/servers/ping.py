"""A quirk of python-engineio: it announces its ping interval in whole seconds, so 0.3 s as 0 ms.

A client would then rightly take the connection for dead before the first ping.
"""

from engineio import packet


def announce_fractions(socket_class):
    """Makes the open packet say the interval that the server really keeps."""
    send = socket_class.send

    def corrected(self, pkt):
        if pkt.packet_type == packet.OPEN:
            pkt.data["pingInterval"] = round(self.server.ping_interval * 1000)
        return send(self, pkt)

    socket_class.send = corrected
