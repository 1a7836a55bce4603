"""A next hop that misbehaves as a test wants: it speaks SMTP by a script, and keeps what it took."""
import socket
import threading


class Hop:
    """`answers` maps a stage (greeting, EHLO, MAIL, RCPT, DATA, dot) to what is said there: a reply, or a callable that
    gets the session and returns a reply; "" says nothing and None hangs up. A list is used up one by one."""

    def __init__(self, **answers):
        self.answers, self.mails, self.sessions = answers, [], 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        self.open = set()
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.add(connection)
            self.sessions += 1
            threading.Thread(target=self.serve, args=(Session(self, connection),), daemon=True).start()

    def serve(self, session):
        try:
            session.run()
        except OSError:
            pass
        finally:
            session.connection.close()
            self.open.discard(session.connection)

    def stop(self):
        """A thread left in accept() would take connections of the next listener that gets the same descriptor."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()
        self.hang_up()

    def hang_up(self):
        """Ends the connections that are open; new ones are taken."""
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def took(self, recipient):
        return [data for recipients, data in self.mails if recipient in recipients]


class Session:
    def __init__(self, hop, connection):
        self.hop, self.connection = hop, connection
        self.input = connection.makefile("rb")
        self.sender, self.recipients, self.data = "", [], b""

    def answer_to(self, stage, usual):
        answer = self.hop.answers.get(stage, usual)
        if isinstance(answer, list):
            answer = answer.pop(0) if answer else usual
        if callable(answer):
            answer = answer(self)
        return answer

    def say(self, stage, usual):
        return self.send(self.answer_to(stage, usual))

    def send(self, answer):
        if answer:
            self.connection.sendall(answer.encode() + b"\r\n")
        return answer

    def run(self):
        if self.say("greeting", "220 hop") is None:
            return
        for line in self.input:
            verb = line[:4].upper().decode().strip()
            if not self.take(verb, line.decode(errors="replace").strip()):
                return

    def take(self, verb, line):
        if verb == "EHLO":
            return self.say("EHLO", "250-hop\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8") is not None
        if verb == "QUIT":
            return False
        if verb in ("MAIL", "RSET"):
            self.sender, self.recipients = line.partition("<")[2].partition(">")[0], []
        if verb == "RCPT":
            self.recipient = line[line.index("<") + 1:line.rindex(">")]
            answer = self.say("RCPT", "250 ok")
            if answer and answer[0] == "2":
                self.recipients.append(self.recipient)
            return answer is not None
        if verb == "DATA":
            return self.take_data()
        return self.say(verb, "250 ok") is not None

    def take_data(self):
        answer = self.say("DATA", "354 go on")
        if answer is None or not answer.startswith("354"):
            return answer is not None
        lines = []
        for line in self.input:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        else:
            return False
        self.data = b"".join(lines)
        answer = self.answer_to("dot", "250 kept")
        if answer and answer[0] == "2":  # kept first, as a real one does, and so that who is told finds it
            self.hop.mails.append((list(self.recipients), self.data))
        return self.send(answer) is not None
