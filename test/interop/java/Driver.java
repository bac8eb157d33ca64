import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.arrow.flight.CallHeaders;
import org.apache.arrow.flight.CallInfo;
import org.apache.arrow.flight.CallOption;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightCallHeaders;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightClientMiddleware;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.HeaderCallOption;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.flight.client.ClientCookieMiddleware;
import org.apache.arrow.flight.grpc.CredentialCallOption;
import org.apache.arrow.memory.RootAllocator;

/** Arrow's Flight client for Java: both styles of log-in, and its cookies. Prints one line of JSON for each thing seen. */
public final class Driver {
    interface Call {
        void run() throws Exception;
    }

    static int port;
    static RootAllocator allocator = new RootAllocator();

    static void saw(String name, String what) {
        System.out.println("{\"name\":\"" + name + "\",\"saw\":\"" + what + "\"}");
    }

    static String outcome(Call call, String ok) {
        try {
            call.run();
            return ok;
        } catch (FlightRuntimeException error) {
            return error.status().code().name();
        } catch (Exception error) {
            return error.getClass().getSimpleName();
        }
    }

    static FlightClient connect(FlightClientMiddleware.Factory... factories) {
        FlightClient.Builder builder = FlightClient.builder(allocator, Location.forGrpcInsecure("127.0.0.1", port));
        for (FlightClientMiddleware.Factory factory : factories) builder.intercept(factory);
        return builder.build();
    }

    /** DoGet wants a session on either server, whatever it says of the ticket afterwards. */
    static String letIn(FlightClient client, CallOption... options) {
        String kind = outcome(() -> client.getStream(new Ticket("s/nothing".getBytes()), options).next(), "ok");
        return kind.equals("UNAUTHENTICATED") ? "no" : "yes";
    }

    public static void main(String[] args) throws Exception {
        port = Integer.parseInt(args[0]);
        String user = args[1];
        String password = args[2];
        long rotateMs = (long) (1000 * Double.parseDouble(args[3]));

        Optional<CredentialCallOption> token = connect().authenticateBasicToken(user, password);
        saw("header: right password", token.isPresent() ? "token" : "no token");
        saw("header: let in with the token", letIn(connect(), token.get()));
        saw("header: wrong password", outcome(() -> connect().authenticateBasicToken(user, "wrong"), "ok"));

        FlightClient byMessage = connect();
        saw("message: right password", outcome(() -> byMessage.authenticateBasic(user, password), "token"));
        saw("message: let in with auth-token-bin", letIn(byMessage));
        saw("message: wrong password", outcome(() -> connect().authenticateBasic(user, "wrong"), "ok"));

        List<String> seen = new ArrayList<>();
        FlightClient watched = connect(info -> new FlightClientMiddleware() {
            @Override
            public void onBeforeSendingHeaders(CallHeaders headers) {}

            @Override
            public void onHeadersReceived(CallHeaders headers) {
                if (headers.get("authorization") != null) seen.add(headers.get("authorization"));
            }

            @Override
            public void onCallCompleted(CallStatus status) {}
        });
        CredentialCallOption first = watched.authenticateBasicToken(user, password).get();
        for (int call = 0; call < 4; call++) {
            letIn(watched, first);
            Thread.sleep(rotateMs);
        }
        saw("rotation: a middleware sees new tokens", seen.stream().distinct().count() > 1 ? "yes" : "no");
        saw("rotation: the first token is still good", letIn(watched, first));

        // The JDBC driver's way: after the log-in nothing but the cookie says who calls.
        FlightClient jar = connect(new ClientCookieMiddleware.Factory());
        CallHeaders asks = new FlightCallHeaders();
        asks.insert("x-deephaven-auth-cookie-request", "true");
        asks.insert("authorization", "Basic "
                + java.util.Base64.getEncoder().encodeToString((user + ":" + password).getBytes("UTF-8")));
        jar.handshake(new HeaderCallOption(asks));
        saw("cookie: let in with nothing else", letIn(jar));
        System.exit(0);
    }
}
