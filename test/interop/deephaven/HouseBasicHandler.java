package house;

import io.deephaven.auth.AuthContext;
import io.deephaven.auth.AuthenticationException;
import io.deephaven.auth.BasicAuthMarshaller;
import java.util.Map;
import java.util.Optional;

/** The Basic handler that the server does not come with: the users of the suite, and one whose directory is down. */
public final class HouseBasicHandler implements BasicAuthMarshaller.Handler {
    private static final Map<String, String> USERS = Map.of("user", "p:w", "gr\u00fc\u00dfe", "p\u00e4ssw\u00f6rd:1");

    @Override
    public Optional<AuthContext> login(String username, String password) throws AuthenticationException {
        if (username.equals("outage")) throw new IllegalStateException("the directory is down");
        if (!password.equals(USERS.get(username))) throw new AuthenticationException();
        return Optional.of(new AuthContext.SuperUser());
    }
}
