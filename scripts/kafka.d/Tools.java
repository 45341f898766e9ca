import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Kafka's command-line tools, one run after the other in one JVM, asked and answering in JSON, one object a line:
 *
 *   {"class": C, "arguments": [A, ...], "input": I, "seconds": S}   ->   {"status": N, "output": O, "errors": E}
 *
 * status is null for a run that had not ended after S seconds.  A run ends with its first exit, as its process would.
 */
public class Tools {
    /** What one run reads and wrote; threads that a run starts write to the same. */
    private static final class Run {
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        final ByteArrayOutputStream errors = new ByteArrayOutputStream();
        final List<Runnable> hooks = new ArrayList<>();
        Integer status;
        boolean closing;
        boolean over;
    }

    /** Thrown where a tool exits; what the tool does with it is not heard any more. */
    private static final class Ended extends Error {
    }

    private static final InheritableThreadLocal<Run> RUN = new InheritableThreadLocal<>();
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(new PrintStream(new Switch(false), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new Switch(true), true, StandardCharsets.UTF_8));
        Exit.setExitProcedure((status, message) -> exit(status));
        Exit.setHaltProcedure((status, message) -> exit(status));
        Exit.setShutdownHookAdder((name, hook) -> RUN.get().hooks.add(hook));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            answers.println(JSON.writeValueAsString(answer(JSON.readTree(line))));
        }
        Runtime.getRuntime().halt(0);
    }

    private static void exit(int status) {
        Run run = RUN.get();
        synchronized (run) {
            if (run.status == null) {
                run.status = status;
            }
        }
        throw new Ended();
    }

    private static JsonNode answer(JsonNode question) throws Exception {
        Run run = new Run();
        String[] words = JSON.convertValue(question.required("arguments"), String[].class);
        Method main = Class.forName(question.required("class").asText()).getMethod("main", String[].class);
        System.setIn(new ByteArrayInputStream(question.path("input").asText("").getBytes(StandardCharsets.UTF_8)));
        Thread thread = new Thread(() -> {
            RUN.set(run);
            perform(run, main, words);
        });
        thread.setDaemon(true);
        thread.start();
        thread.join(1000 * question.path("seconds").asLong(30));
        synchronized (run) {
            run.over = true;
            thread.interrupt();
            return JSON.createObjectNode()
                .put("status", thread.isAlive() ? null : run.status)
                .put("output", run.output.toString(StandardCharsets.UTF_8))
                .put("errors", run.errors.toString(StandardCharsets.UTF_8));
        }
    }

    /** The tool ran, then what it wants to do when its process ends. */
    private static void perform(Run run, Method main, String[] words) {
        int fallen = 0;
        try {
            main.invoke(null, (Object) words);
        } catch (InvocationTargetException fault) {
            if (run.status == null) {
                fault.getCause().printStackTrace();
                fallen = 1;
            }
        } catch (IllegalAccessException fault) {
            throw new AssertionError(fault);
        }
        synchronized (run) {
            run.status = run.status == null ? Integer.valueOf(fallen) : run.status;
            run.closing = true;
        }
        run.hooks.forEach(Runnable::run);
    }

    /** Where System.out and System.err lead: to the run that the writing thread belongs to, until that is over. */
    private static final class Switch extends OutputStream {
        private final boolean errors;

        Switch(boolean errors) {
            this.errors = errors;
        }

        @Override
        public void write(int one) {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            Run run = RUN.get();
            if (run == null) {
                return;
            }
            synchronized (run) {
                if (!run.over && (run.status == null || run.closing)) {
                    (errors ? run.errors : run.output).write(bytes, from, length);
                }
            }
        }
    }
}
