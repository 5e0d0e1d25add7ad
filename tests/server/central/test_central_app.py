"""The application as a whole: it starts, it says what it offers, it refuses in one shape."""

from collections.abc import Callable

from central import CentralServer


def test_errors_are_problem_details(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client(None) as client:
            answer = await client.get("/api/v1/nowhere")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "/problems/not-found"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")

    run_server(scenario)
