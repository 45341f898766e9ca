import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.Readable;

/**
 * Kafka's own serializer, asked and answering in JSON, one object a line:
 *
 *   {"class": C, "version": V, "message": M}   ->   {"hex": H}       what Kafka writes for M
 *   {"class": C, "version": V, "hex": H}       ->   {"message": M}   what Kafka reads from H, which it must use up
 *
 * or {"error": E}.  C is a full class name; M uses Kafka's camelCase field names.
 */
public class Wire {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws IOException {
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            answers.println(JSON.writeValueAsString(answer(line)));
        }
    }

    private static ObjectNode answer(String line) {
        ObjectNode answer = JSON.createObjectNode();
        try {
            JsonNode question = JSON.readTree(line);
            Class<?> type = Class.forName(question.required("class").asText());
            short version = question.required("version").shortValue();
            return question.has("message")
                ? answer.put("hex", written(type, version, question.get("message")))
                : answer.set("message", read(type, version, question.required("hex").asText()));
        } catch (InvocationTargetException fault) {
            return answer.put("error", fault.getCause().toString());
        } catch (ReflectiveOperationException | IOException | RuntimeException fault) {
            return answer.put("error", fault.toString());
        }
    }

    private static String written(Class<?> type, short version, JsonNode fields) throws ReflectiveOperationException {
        Message message = (Message) converter(type).getMethod("read", JsonNode.class, short.class).invoke(null, fields, version);
        ObjectSerializationCache sizes = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(message.size(sizes, version));
        message.write(new ByteBufferAccessor(bytes), sizes, version);
        return HexFormat.of().formatHex(bytes.array());
    }

    private static JsonNode read(Class<?> type, short version, String hex) throws ReflectiveOperationException {
        ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex));
        Object message = type.getConstructor(Readable.class, short.class).newInstance(new ByteBufferAccessor(bytes), version);
        if (bytes.hasRemaining()) {
            throw new IllegalArgumentException(bytes.remaining() + " bytes left over");
        }
        return (JsonNode) converter(type).getMethod("write", type, short.class).invoke(null, message, version);
    }

    private static Class<?> converter(Class<?> type) throws ClassNotFoundException {
        return Class.forName(type.getName() + "JsonConverter");
    }
}
