# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""An SMTP server (aiosmtpd) that files what it gets, read by Python's own mail parser.

usage: smtp_peer.py FOLDER plain|starttls|tls [login]
The folder holds certificate.pem and key.pem; each mail becomes NUMBER.json there before it is acknowledged.
Logins: vendor / s3cret-Passwort. Prints its port, serves until standard input closes.
"""
import asyncio, base64, email, email.policy, json, logging, os, ssl, sys, threading, warnings

from aiosmtpd.smtp import SMTP, AuthResult

folder, encryption, login = sys.argv[1], sys.argv[2], len(sys.argv) > 3


class Handler:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later@"):
            return "451 4.7.1 try again later"
        if address.startswith("silent@"):
            await asyncio.sleep(30)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("full@"):
            return "552 5.2.2 mailbox full"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = mail.get_body()
        report = {
            "raw": base64.b64encode(envelope.content).decode(), "from": envelope.mail_from, "to": envelope.rcpt_tos,
            "subject": mail["subject"], "sender": str(mail["from"]), "recipients": str(mail["to"]),
            "id": mail["message-id"], "date": mail["date"].datetime.isoformat(), "text": body.get_content(),
            "defects": [repr(d) for part in mail.walk() for d in part.defects]
            + [repr(d) for value in mail.values() for d in getattr(value, "defects", [])],
            "encrypted": session.ssl is not None or encryption == "tls", "user": session.auth_data or "",
        }
        Handler.count += 1
        path = f"{folder}/{Handler.count}.json"
        with open(path + ".part", "w") as file:
            json.dump(report, file)
        os.rename(path + ".part", path)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    if (data.login, data.password) == (b"vendor", b"s3cret-Passwort"):
        return AuthResult(success=True, auth_data="vendor")
    return AuthResult(success=False, handled=False)


def new_session():
    starttls = encryption == "starttls"
    return SMTP(Handler(), tls_context=context if starttls else None, require_starttls=starttls,
                authenticator=authenticate, auth_required=login, auth_require_tls=starttls, hostname="peer")


async def main():
    # Clients that break off are part of the tests.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    tls = context if encryption == "tls" else None
    server = await asyncio.get_running_loop().create_server(new_session, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


logging.disable()
warnings.simplefilter("ignore")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/certificate.pem", folder + "/key.pem")
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
asyncio.run(main())
